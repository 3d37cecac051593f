"""See standby.sh."""

import datetime
import http.client
import os
import re
import subprocess
import threading
import time
from pathlib import Path

from cluster import Cluster, Standby
from harness import (BINARY, SCRATCH, Crowd, Service, answer, check, check_verified, command, environment, free_port, locked,
                     program, say, scaled, small_xrays)

PASSWORD = "pw%7/@ x?&"
CLIENTS = 4


def wait_until(holds, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        check(time.monotonic() < deadline, what, "- not after", seconds, "s")
        time.sleep(0.05)


def size(cluster):
    return int(cluster.psql("ledger", "SELECT size FROM cxrledger.heads"))


def pair():
    """A migrated primary, its standby, and the settings of a service that finds whichever of them can be written."""
    primary = Cluster("primary")
    command(SCRATCH / "none", "migrate", "--service-role", "service", DATABASE_URL=primary.owner)
    standby = Standby(primary)
    address = f"postgresql://service@/ledger?host={primary.folder},{standby.folder}&target_session_attrs=read-write"
    return primary, standby, {"DATABASE_URL": address}


def lag(reply):
    """What a page says of how far behind it is, in its field and, alike, in its header."""
    found, header = reply.json.get("lag"), reply.headers["X-CXRLedger-Read-Lag"]
    said = found and f"entries={found['entries']}, seconds={found['seconds']}"
    check((header and header.replace(".0", "")) == (said and said.replace(".0", "")), "field", found, "and header", header)
    return found


def standby_health(client):
    return client.get("/health").json["checks"]["standby"]


def check_reads(standby, service, near, images):
    """Lists come from the standby, which says how far behind it is; what it does not have comes from the primary."""
    client, patient = service.client(), "Q-4411"
    first = client.predict(images[0], patient).expect(201).json
    wait_until(lambda: standby_health(client)["status"] == "healthy", "the standby is not well")
    wait_until(lambda: client.get("/v1/predictions").json["predictions"], "the standby does not follow")
    page = client.get("/v1/predictions", wait_for=first["index"])
    check(page.json["predictions"][0]["id"] == first["id"], page.body)

    standby.psql("postgres", "SELECT pg_wal_replay_pause()")
    wait_until(lambda: standby.psql("postgres", "SELECT pg_get_wal_replay_pause_state()") == "paused", "replay goes on")
    revoked = client.post("/v1/credentials", {"role": "clinician", "name": "Eva"}).expect(200, 201).json
    later = [client.predict(image, patient).expect(201).json for image in images[1:6]]
    time.sleep(2)
    before = locked(service.home)[0]
    asked = time.time()
    page = client.get("/v1/predictions", limit=500).expect(200)
    after, answered = locked(service.home)[0], time.time()
    found = lag(page)
    check(found, "nothing was read from the standby:", page.body[:500], standby_health(client))
    check([line["id"] for line in page.json["predictions"]] == [first["id"]], "a paused standby knows more")
    position = page.json["position"]
    check(before <= position + found["entries"] <= after, "said", found, "at", position, "of", before, "to", after)
    missing = client.get(f"/v1/events/{position}").expect(200).json["envelope"]["recorded_at"]
    missing = datetime.datetime.fromisoformat(missing.replace("Z", "+00:00")).timestamp()
    check(asked - missing - 0.1 <= found["seconds"] <= answered - missing + 0.1, "said", found, "of", asked - missing)
    check(found["seconds"] >= 2, found)

    # Who waits for an event, or asks for less lag, is told the truth; so is who reads the log.
    page = client.get("/v1/predictions", wait_for=later[-1]["index"], limit=500).expect(200)
    check(lag(page) is None and page.json["predictions"][0]["id"] == later[-1]["id"], "waited for", later[-1]["id"], page.body)
    client.get("/v1/predictions", wait_for=10**9).expect(404)
    page = near.client().get("/v1/predictions", limit=500).expect(200)
    check(lag(page) is None and len(page.json["predictions"]) == 6, "beyond DATABASE_READ_LAG:", page.body[:300])
    check(standby_health(near.client())["status"] == "degraded", standby_health(near.client()))
    check(lag(client.get("/v1/timeline").expect(200)), "the timeline was not read from the standby")
    events = list(client.events())
    check([event["index"] for event in events] == list(range(len(events))) and len(events) > after, "the log ends too early")
    client.get(f"/v1/predictions/{later[-1]['id']}/proof").expect(200)
    # A revocation holds at once, and is read from no standby.
    key = revoked["key"]
    service.client(key).get("/v1/predictions").expect(200)
    client.post(f"/v1/credentials/{revoked['id']}/revoke", {"reason": "lost"}).expect(200, 204)
    for each in (service, near):
        each.client(key).get("/v1/predictions").expect(401)
    metrics = client.get("/metrics").body.decode()
    entries = float(re.search(r"^cxrledger_standby_lag_entries (\S+)", metrics, re.M)[1])
    check(entries >= found["entries"] and 'cxrledger_list_reads_total{from="standby"}' in metrics, metrics)
    say("paused: said to be", found["entries"], "entries and", found["seconds"], "s behind, which is so")

    # Without it everything is read all the same.
    standby.crash()
    begun = time.monotonic()
    page = client.get("/v1/predictions", limit=500).expect(200)
    check(lag(page) is None and len(page.json["predictions"]) == 6, "without the standby:", page.body[:300])
    check(time.monotonic() - begun < 4, "a standby that is gone holds up its readers")
    check(standby_health(client)["status"] == "degraded", "health does not say that the standby is gone")
    standby.start()

    def is_back():
        page = client.get("/v1/predictions", limit=500).expect(200)
        return lag(page) and len(page.json["predictions"]) == 6  # asking is an event, so it is never quite up to date
    wait_until(is_back, "it does not come back")


def lose_tail(primary, standby, service, images):
    """An asynchronous standby takes over without the last entries, which the lock notices, and the tiles bring back."""
    client, home = service.client(), service.home
    wait_until(lambda: size(standby) == size(primary), "the standby does not follow")
    standby.set("primary_conninfo", "")
    wait_until(lambda: not primary.psql("postgres", "SELECT pid FROM pg_stat_replication"), "it still follows")
    tail = [client.predict(image, "Q-4411").expect(201).json for image in images[6:10]]
    published = home / "tlog/checkpoint"
    wait_until(lambda: int(published.read_text().split("\n")[1]) == locked(home)[0] == size(primary), "it is not published")
    primary.power_off()
    promise, here = locked(home), size(standby)
    check(here < promise[0], "nothing was lost")
    standby.promote()

    # BEHIND: nothing is signed, and everybody is told.
    def refusal():
        try:
            return client.predict(images[10]).json.get("code")
        except (OSError, http.client.HTTPException) as error:
            return str(error)
    wait_until(lambda: refusal() == "behind", "it is not BEHIND but " + str(refusal()))
    health = client.get("/health").json
    check(health["status"] == "unhealthy" and "BEHIND" in health["checks"]["lock"]["message"], health["checks"])
    page = client.get("/v1/predictions").json
    check(page["missing"] == promise[0] - here, "missing:", page)
    for image in images[10:13]:
        check(client.predict(image).json["code"] == "behind", "it takes predictions")
    metrics = client.get("/metrics").body.decode()
    check(f"cxrledger_behind_entries {promise[0] - here}\n" in metrics, "the metrics do not say BEHIND")
    check((locked(home), size(standby)) == (promise, here), "something was signed over a lost tail")
    check(int(published.read_text().split("\n")[1]) == promise[0], "another checkpoint was published")

    report = answer(home, "log", "recover", **service.settings)
    check((report["to"], report["root"]) == promise and report["missing_secrets"] == 0, report)
    wait_until(lambda: refusal() is None, "it does not go on after the recovery")
    for lost in tail:
        check(client.get(f"/v1/predictions/{lost['id']}").expect(200).json["entry_hash"] == lost["entry_hash"], lost)
    for each in Service.running[:]:
        if isinstance(each, Service):
            each.stop()
    check_verified(home, **service.settings)
    say(promise[0] - here, "entries lost with the primary: BEHIND, nothing signed, and back from the tiles; root", promise[1][:16])


def load(service, images, acknowledged):
    """Clients that predict under keys of their own, and repeat what was not answered."""
    lock = threading.Lock()

    def turn(number, count):
        key, deadline = f"client-{number}-{count}", time.monotonic() + 60
        while True:
            try:
                reply = clients[number].predict(images[(number + count) % len(images)], key=key)
                if reply.status in (200, 201):
                    with lock:
                        acknowledged[key] = reply.json["id"]
                    return
                check(reply.status in (429, 503), "answered with", reply.status, reply.body[:500])
            except (OSError, http.client.HTTPException):
                pass
            check(time.monotonic() < deadline, "nothing is answered for a minute")
            time.sleep(0.1)

    clients = [service.client() for _ in range(CLIENTS)]
    return Crowd(CLIENTS, turn)


def go_on(chance, images):
    """A synchronous standby takes over under load, and nothing that was acknowledged is missing."""
    primary, standby, settings = pair()
    for server in (primary, standby):
        server.set("synchronous_standby_names", "standby")
    wait_until(lambda: primary.psql("postgres", "SELECT sync_state FROM pg_stat_replication") == "sync", "it is not synchronous")
    service = Service(SCRATCH / "synchronous", **settings)
    service.start()
    acknowledged = {}
    crowd = load(service, images, acknowledged)
    wait_until(lambda: len(acknowledged) >= scaled(400, 40) or crowd.errors, "no load", 120)
    time.sleep(chance.uniform(0, 0.5))
    before = dict(acknowledged)
    primary.power_off()
    promise = locked(service.home)[0]
    standby.set("synchronous_standby_names", "")  # as docs/deployment.md has it: alone it must not wait for another
    check(size(standby) >= promise, "the lock promises", promise, "and the standby has", size(standby))
    standby.promote()
    begun, count = time.monotonic(), len(acknowledged)
    wait_until(lambda: len(acknowledged) >= count + 4 * CLIENTS or crowd.errors, "it does not go on", 60)
    took = time.monotonic() - begun
    crowd.stop()
    events = list(service.client().events())
    check([event["index"] for event in events] == list(range(len(events))), "the indices are not dense")
    recorded = [event["envelope"]["stream"] for event in events if event["envelope"]["type"] == "PredictionRecorded"]
    check(len(recorded) == len(set(recorded)) == len(acknowledged), len(recorded), "recorded,", len(acknowledged), "acknowledged")
    check({f"prediction/{name}" for name in acknowledged.values()} == set(recorded), "acknowledged and not recorded")
    service.stop()
    check_verified(service.home, **settings)
    say("synchronous:", len(before), "acknowledged before the primary died, all there; went on after", round(took, 1), "s")
    standby.kill()
    primary.kill()


def certificates(folder):
    """A certificate for `localhost` by one authority, and another authority."""
    for name in ("ca", "other"):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout",
            folder / f"{name}.key", "-out", folder / f"{name}.crt")
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", folder / "server.key", "-out",
        folder / "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    run("openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-days",
        "2", "-extfile", folder / "names", "-out", folder / "server.crt")


def run(*words):
    done = subprocess.run([*map(str, words)], capture_output=True, check=False)
    check(done.returncode == 0, *words, done.stderr.decode())


def check_tls(image):
    """`verify-full` holds, a stranger's certificate or another name does not, and nobody tells the password."""
    folder = SCRATCH / "tls"
    folder.mkdir()
    certificates(folder)
    cluster = Cluster("tls")
    command(SCRATCH / "none", "migrate", "--service-role", "service", DATABASE_URL=cluster.owner)
    cluster.psql("postgres", "ALTER ROLE service PASSWORD '" + PASSWORD + "'")
    for name in ("server.crt", "server.key"):
        (cluster.folder / name).write_bytes((folder / name).read_bytes())
        (cluster.folder / name).chmod(0o600)
        if os.getuid() == 0:
            run("chown", "postgres", cluster.folder / name)
    (cluster.folder / "data/pg_hba.conf").write_text(
        "local all owner trust\nhostssl all service 127.0.0.1/32 scram-sha-256\n")
    cluster.crash()
    cluster.port = port = free_port()
    cluster.options = ("listen_addresses=127.0.0.1", "ssl=on", f"ssl_cert_file={cluster.folder}/server.crt",
                       f"ssl_key_file={cluster.folder}/server.key")
    cluster.start()
    encoded = "".join(letter if letter.isalnum() else f"%{ord(letter):02X}" for letter in PASSWORD)

    def address(host="localhost", root="ca", password=encoded, **more):
        options = "".join(f"&{name}={value}" for name, value in more.items())
        return f"postgresql://service:{password}@{host}:{port}/ledger?sslmode=verify-full&sslrootcert={folder}/{root}.crt{options}"

    home, said = SCRATCH / "tls/home", []

    def judged(words, **settings):
        done = command(home, *words, status=None, **settings)
        said.append(done.stdout + done.stderr)
        return done.returncode, said[-1].decode()

    for settings, reason in [
            ({"DATABASE_URL": address(root="other")}, "certificate verify failed"),
            ({"DATABASE_URL": address("127.0.0.1")}, 'server certificate for "localhost"[^;]*does not match host name "127.0.0.1"'),
            ({"DATABASE_URL": address(root="nowhere")}, "root certificate file .* does not exist"),
            ({"DATABASE_URL": address(password="wrong" + encoded)}, "password authentication failed for user"),
            ({"DATABASE_URL": address(password=PASSWORD)}, "must be written as %40"),
            ({"DATABASE_URL": address(sslmod="x")}, 'invalid URI query parameter: "sslmod"'),
            ({"DATABASE_URL": address(), "DATABASE_READ_URL": address(root="other")}, "DATABASE_READ_URL.*verify failed")]:
        status, text = judged(["config", "check"], **settings)
        check(status == 1 and re.search(reason, text), reason, "is not in", text)
        if "DATABASE_READ_URL" not in settings:
            status, text = judged(["credentials", "issue", "--role", "administrator", "--name", "Ana"], **settings)
            check(status in (1, 2) and re.search(reason, text), "opened:", reason, "is not in", text)
    served = subprocess.run(["timeout", "5", BINARY, "serve"], capture_output=True, check=False, cwd=SCRATCH,
                            env=environment(home, DATABASE_URL=address(root="other")))
    said.append(served.stdout + served.stderr)
    check(b"waiting for it" in served.stderr and b"certificate verify failed" in served.stderr, "serve says", served.stderr)
    status, text = judged(["config"], DATABASE_URL=address(), DATABASE_READ_URL=address().replace(
        f"service:{encoded}@", "") + f"&user=service&password={encoded}")
    check(status == 0 and "***" in text, text)
    status, text = judged(["config", "check"], POSTGRES_HOST="localhost", POSTGRES_PORT=port, POSTGRES_USER="service",
                          POSTGRES_PASSWORD=PASSWORD, POSTGRES_DB="ledger", PGSSLROOTCERT=None)
    check("password" not in text.lower(), "POSTGRES_PASSWORD is not passed on as it is:", text)

    service = Service(home, DATABASE_URL=address(), LOG_LEVEL="debug")
    service.start()
    service.client().predict(image).expect(201)
    kinds = cluster.psql(
        "ledger", "SELECT DISTINCT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'service'")
    check(kinds == "t|TLSv1.3", "connections are", kinds)
    commands = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
    cluster.crash()
    wait_until(lambda: service.client().predict(image).status == 503, "it predicts without a database")
    said.append(service.client().get("/health").body + service.client().get("/metrics").body)
    cluster.start()
    wait_until(lambda: service.client().predict(image).status == 201, "it does not recover")
    said.append(service.client().get("/v1/timeline").expect(200).body)
    service.stop()
    said += [path.read_bytes() for path in SCRATCH.glob("tls/home*") if path.is_file()]
    said += [path.read_bytes() for path in SCRATCH.glob("tls/home.logs/*")] + [commands]
    for secret in (PASSWORD, encoded, PASSWORD.split("@")[0], PASSWORD.split("/")[0]):
        check(not any(secret.encode() in text for text in said), "the password is told:", secret)
    cluster.kill()
    say("TLS 1.3 with verify-full; another authority and another name are refused, and the password is nowhere")


with program() as chance:
    pictures = small_xrays(16, chance)
    check_tls(pictures[0])
    first, second, places = pair()
    places |= {"DATABASE_READ_URL": f"postgresql://service@/ledger?host={second.folder}", "TLOG_INTERVAL_MS": "200"}
    main = Service(SCRATCH / "home", **places, DATABASE_READ_LAG=60)
    main.start()
    close = Service(SCRATCH / "home", **places, DATABASE_READ_LAG=1)
    close.stdout = SCRATCH / "close.stdout"
    close.start()
    close.administrator = main.administrator
    check_reads(second, main, close, pictures)
    lose_tail(first, second, main, pictures)
    second.kill()
    first.kill()
    go_on(chance, pictures)
