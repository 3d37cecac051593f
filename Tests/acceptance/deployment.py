"""See deployment.sh."""

import http.client
import json
import re
import signal
import subprocess
import threading
import time
import uuid

from alert_days import check_alerts
from deployed import Broken, Database, Instance, Names, Nginx, Prometheus, environment
from deployed_files import DEPLOY, PROMETHEUS, check_files, check_secrets, expressions, metric_names, run
from harness import (
    BINARY, LONG, SCRATCH, Client, Crowd, answer, check, check_verified, command, free_port, program, say, scaled, small_xrays)

HOME = SCRATCH / "deployed/ledger"
CLIENTS = 8
PATIENT = "Q-7719423"


def check_database(database, secrets):
    """Roles, durability and the standby are what deploy/postgres says."""
    port = database.port
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        check(database.psql(port, f"SHOW {setting}") == "on", setting, "is off")
    words = {"user": "pneumonia", "host": "127.0.0.1"}
    password = (secrets / "service_password").read_text().strip()
    check(database.psql(port, "SELECT 1", password=password, **words) == "1", "the service cannot connect")
    database.psql(port, "SELECT 1", password="pneumonia", status=2, **words)
    for sql in ("DELETE FROM cxrledger.entries", "UPDATE cxrledger.heads SET size = 0 WHERE false; TRUNCATE cxrledger.entries",
                "DROP TABLE cxrledger.entries"):
        database.psql(port, sql, password=password, status=1, **words)
    database.psql(port, "SELECT query, mean_exec_time, calls FROM pg_stat_statements LIMIT 1", password=password, **words)
    database.standby.wait_until(database.is_followed, "the standby does not follow")
    check(database.psql(database.standby_port, "SELECT pg_is_in_recovery()") == "t", "the standby is none")


def first_start(settings):
    """As docs/deployment.md has it: the administrator's key is shown to whoever asks, and lies in no container's log."""
    done = command(HOME, "credentials", "issue", "--role", "administrator", "--name", "Ana", "--json", **settings)
    check(b"administrator key: cxr_" in done.stderr, "nobody was told the first key:", done.stderr)
    return re.search(rb"cxr_[0-9a-f]+_[\w-]+", done.stdout)[0].decode()


class Load:
    """Clients that predict through nginx, each request under a key of its own, repeated until it is answered."""

    def __init__(self, nginx, key, pictures):
        self.clients = [Client(nginx, key, source=f"127.0.0.{100 + number}") for number in range(CLIENTS)]
        self.pictures, self.lock = pictures, threading.Lock()
        self.acknowledged, self.refusals = {}, []
        self.crowd = Crowd(CLIENTS, self.turn)

    def turn(self, number, count):
        key, deadline = f"client-{number}-{count}", time.monotonic() + 60
        while True:
            try:
                reply = self.clients[number].predict(
                    self.pictures[(number + count) % len(self.pictures)], patient=f"{PATIENT}-{number}", key=key)
                if reply.status in (200, 201):
                    with self.lock:
                        self.acknowledged[key] = reply.json["id"]
                    return
                check(reply.status in (429, 503) and reply.is_problem, "answered with", reply.status, reply.body[:500])
                self.refusals.append(reply.json["code"])
            except (OSError, http.client.HTTPException) as error:
                self.refusals.append(type(error).__name__)
            check(time.monotonic() < deadline, "nothing is answered for a minute; last", self.refusals[-1:])
            time.sleep(0.1)

    def wait_for(self, more, seconds=60):
        wanted, deadline = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            check(not self.crowd.errors, self.crowd.errors)
            check(time.monotonic() < deadline, "not", more, "predictions in", seconds, "s; refused:", self.refusals[-5:])
            time.sleep(0.02)


def lose_one(end, random, load, names, instances):
    """An instance ends under load; its name goes a moment later, as with a container, and it comes back."""
    victim = random.choice(instances)
    time.sleep(random.uniform(0, 0.5))
    end(victim)
    load.wait_for(2 * CLIENTS)  # with its address still there
    names.addresses = [instance.host for instance in instances if instance is not victim]
    load.wait_for(CLIENTS)
    victim.start()
    names.addresses = [instance.host for instance in instances]
    load.wait_for(CLIENTS)


def check_repetition(nginx, names, instances, key, picture):
    """A request goes to another instance when it is safe to repeat, and only then."""
    client, addresses = Client(nginx, key), names.addresses
    names.addresses = ["127.0.0.8"]
    time.sleep(3)  # as long as nginx believes in the others
    for reply in (client.predict(picture, key="nobody"), client.predict(picture), client.get("/v1/predictions")):
        check(reply.expect(503).is_problem and reply.json["code"] == "no-instance", "nobody is there:", reply.body)
    broken = Broken(instances[0].port, is_silent=False)
    names.addresses = [broken.host, instances[0].host]
    time.sleep(3)
    for number in range(16):
        client.predict(picture, key=f"repeated-{number}").expect(201)
        client.get("/v1/predictions").expect(200)
    check(broken.taken, "the broken instance was never asked")
    before, issued = broken.taken, 0
    for number in range(16):
        reply = client.request(
            "POST", "/v1/credentials", {"role": "auditor", "name": "once"}, {"Idempotency-Key": f"once-{number}"})
        check(reply.expect(201, 503).status == 201 or reply.json["code"] == "no-instance", reply.body)
        issued += reply.status == 201
    check(issued + broken.taken - before == 16, "what may not be repeated was:", issued, "issued,", broken.taken - before, "lost")
    broken.close()
    if LONG:
        silent = Broken(instances[0].port, is_silent=True)
        while not silent.taken:
            client.predict(picture, key=f"hanging-{uuid.uuid4()}").expect(201)
        silent.close()
    names.addresses = addresses
    time.sleep(3)


def check_hanging(nginx, instances, key, picture):
    """An instance that hangs costs a request a second, whatever is asked, and is sent none."""
    victim, client = instances[0], Client(nginx, key)
    victim.process.send_signal(signal.SIGSTOP)
    begun, slowest, done = time.monotonic(), {}, len(nginx.requests())
    ask = {
        "a prediction": lambda: client.predict(picture, key=str(uuid.uuid4())).expect(201),
        "a prediction without a key": lambda: client.predict(picture).expect(201),
        "a list": lambda: client.get("/v1/predictions").expect(200),
    }
    for _ in range(scaled(20, 6)):
        for name, request in ask.items():
            begun = time.monotonic()
            request()
            slowest[name] = max(slowest.get(name, 0), time.monotonic() - begun)
    victim.process.send_signal(signal.SIGCONT)
    sent = [line["instance"] for line in nginx.requests()[done:] if victim.host in line["instance"]]
    check(not sent, "a hanging instance was sent requests:", sent)
    check(max(slowest.values()) < 5, "a hanging instance costs", slowest)
    say("an instance hangs; at most", ", ".join(f"{seconds:.1f} s for {name}" for name, seconds in slowest.items()))


def check_records(load, client, pictures):
    """Each acknowledged prediction is in the log once, and nothing besides."""
    events = list(client.events())
    check([event["index"] for event in events] == list(range(len(events))), "the indices are not dense")
    recorded = [event["envelope"]["stream"] for event in events if event["envelope"]["type"] == "PredictionRecorded"]
    check(len(set(recorded)) == len(recorded), "a stream was begun twice")
    wanted = {f"prediction/{name}" for name in load.acknowledged.values()}
    check(len(wanted) == len(load.acknowledged), "two keys have one record")
    check(set(recorded) == wanted, "lost:", wanted - set(recorded), "recorded and known to nobody:", set(recorded) - wanted)
    for key, name in list(load.acknowledged.items())[:: max(1, len(load.acknowledged) // 10)]:
        number, count = map(int, key.split("-")[1:])
        again = client.predict(pictures[(number + count) % len(pictures)], patient=f"{PATIENT}-{number}", key=key)
        check(again.expect(200, 201).json["id"] == name, "repeating", key, "made another prediction")
    addresses = {event["envelope"]["actor"].get("address") for event in events
                 if event["envelope"]["type"] == "PredictionRecorded"}
    check(addresses == {f"127.0.0.{100 + number}" for number in range(CLIENTS)}, "clients are recorded as", addresses)
    return len(events)


def asked(line):
    """The instances that a request was sent to, as nginx logs it."""
    return re.split(", | : ", line["instance"])


def check_nginx(nginx, key, instances):
    """What nginx itself promises: whose word counts, how large a body may be, and that its log names nobody."""
    liar = Client(nginx, "cxr_c0ffee_00", source="127.0.0.77")
    liar.request("GET", f"/v1/predictions?patient={PATIENT}", headers={"X-Forwarded-For": "192.0.2.1"}).expect(401)
    lines = Client(nginx, key).timeline(type="AuthenticationFailed")
    check([line["address"] for line in lines] == ["127.0.0.77"], "a forged address was believed:", lines)
    large = Client(nginx, key)
    large.upload("/v1/predictions", [("image", "x.png", bytes((64 << 20) + 1))]).expect(413)
    large.upload("/v1/predictions", [("image", "x.png", bytes(1 << 20))]).expect(422, 415, 400)
    check(Client(nginx).get("/api/health").expect(200).json["status"], "the original's prefix leads nowhere")
    answered = {asked(line)[-1].split(":")[0] for line in nginx.requests()}
    check(answered >= {instance.host for instance in instances}, "requests went only to", answered)
    logs = [nginx.process.log, *SCRATCH.glob("instance*.std*"), *SCRATCH.glob("deployed/*.logs/*"), *SCRATCH.glob("*.log")]
    for log in logs:
        text = log.read_text(errors="replace")
        check(PATIENT not in text and key not in text, log, "names a patient or a key")


def check_health_command(instance):
    """The image's HEALTHCHECK says when an instance is ready, and when there is none."""
    words = json.loads(re.search(r"HEALTHCHECK.*\\\n\s*CMD (\[.*\])", (DEPLOY / "Dockerfile").read_text())[1])
    here, nowhere = (f"http://{instance.host}:{port}" for port in (instance.port, free_port()))
    for address, status in ((here, 0), (nowhere, 1)):
        run(BINARY, *[word.replace("http://127.0.0.1:8000", address) for word in words[1:]], status=status, cwd=SCRATCH)


def check_stream(nginx, key):
    """Server-sent events come through nginx one by one, when they happen."""
    client = Client(nginx, key, timeout=20)
    if "/v1/events/stream" not in client.get("/openapi.json").json["paths"]:
        return say("there is no /v1/events/stream yet")
    connection = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=20)
    last = list(client.events())[-1]["index"]
    connection.request("GET", f"/v1/events/stream?from={last + 1}", headers={"Authorization": f"Bearer {key}"})
    response = connection.getresponse()
    check(response.status == 200, "the stream answers", response.status)
    begun = time.monotonic()
    client.post("/v1/credentials", {"role": "auditor", "name": "streamed"}).expect(201)
    while b"CredentialIssued" not in response.readline():
        check(time.monotonic() - begun < 10, "an event does not come through")
    connection.close()
    return say(f"an event came through the stream after {time.monotonic() - begun:.2f} s")


def check_metrics(instances, prometheus):
    """Every metric that a rule or a panel names is there; every panel shows something, every rule can be computed."""
    panels, rules = expressions()
    text = Client(instances[0]).get("/metrics").expect(200).body.decode()
    emitted = set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE)) | PROMETHEUS
    for title, expression in panels + rules:
        missing = metric_names(expression) - emitted
        check(not missing, title, "asks for", missing, "which the service does not tell")
    deadline = time.monotonic() + 30  # rates need two looks at what was counted last
    for title, expression in panels:
        while "ALERTS" not in expression and not prometheus.query(expression):
            check(time.monotonic() < deadline, "the panel", title, "is empty:", expression)
            time.sleep(0.5)
    states = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    check(len(states) == len(rules) and all(rule["health"] == "ok" for rule in states), "rules fail:", states)
    firing = {rule["name"] for rule in states if rule["state"] == "firing" and rule["labels"]["severity"] == "critical"}
    check(firing <= {"DiskFull", "MemoryFull"}, "a service that is well raises", firing)  # the machine may be anyone's
    say(len(panels), "queries of the dashboard have an answer,", len(rules), "rules are computed,",
        len(text.splitlines()), "lines of metrics")


def policy():
    """A policy with a witness that does not answer, so that lags are measured."""
    done = subprocess.run(
        [BINARY, "witness", "--init", "--folder", SCRATCH / "witness", "--name", "witness.example/1"], capture_output=True,
        check=True)
    file = SCRATCH / "policy"
    vkey = re.search(rb"witness\.example/1\+\S+", done.stdout)[0].decode()
    file.write_text(f"witness one {vkey} http://127.0.0.1:9\nquorum one\n")
    return file


def handed_on(nginx):
    """The predictions that one instance was asked for and another one answered."""
    return [line for line in nginx.requests() if len(asked(line)) > 1 and line["status"] == 201]


def main():
    with program() as random:
        check_files()
        check_alerts()
        secrets = check_secrets()
        database = Database(secrets)
        migrating = environment("migrate", database, secrets)
        check(answer(HOME, "migrate", "--service-role", "pneumonia", **migrating)["applied"], "nothing was migrated")
        check_database(database, secrets)

        names, port = Names(), free_port()
        instances = [Instance(number, port, database, secrets) for number in (2, 3, 4)]
        for instance in instances:
            instance.settings["TLOG_POLICY"] = policy()
        settings = {name: value for name, value in instances[0].settings.items() if not name.startswith("API_")}
        key = first_start(settings)
        for instance in instances:
            instance.start()
        names.addresses = [instance.host for instance in instances]
        nginx = Nginx(names, port)
        client = Client(nginx, key)
        nginx.wait_until_ready()

        pictures = small_xrays(12, random)
        load = Load(nginx, key, pictures)
        load.wait_for(CLIENTS)
        rounds = 0
        # A kill may find no prediction under way.
        while rounds < scaled(20, 2) or (rounds < 20 and not handed_on(nginx)):
            lose_one(Instance.kill, random, load, names, instances)
            rounds += 1
        refusals = len(load.refusals)
        lose_one(Instance.stop, random, load, names, instances)
        check(len(load.refusals) == refusals, "a stop in order was seen by clients:", load.refusals[refusals:])
        load.crowd.stop()
        size = check_records(load, client, pictures)
        moved = handed_on(nginx)
        check(moved, "nginx has handed no prediction of a killed instance to another one")
        say(rounds, "instances killed under load:", len(load.acknowledged), "predictions acknowledged, each recorded once;",
            len(moved), "handed on by nginx,", len(load.refusals), "to be repeated by clients", sorted(set(load.refusals)),
            "-", size, "entries")

        check_hanging(nginx, instances, key, pictures[0])
        check_repetition(nginx, names, instances, key, pictures[0])
        check_stream(nginx, key)
        check_health_command(instances[0])
        prometheus = Prometheus(instances)
        for instance in instances:
            direct = Client(instance, key)
            direct.predict(pictures[0]).expect(201)
            direct.upload("/v1/predictions", [("image", "x.png", b"no picture")]).expect(422, 415, 400)
        check_nginx(nginx, key, instances)
        check_metrics(instances, prometheus)
        prometheus.process.kill()

        # The primary is lost, and the instances find the standby by themselves.
        database.standby.wait_until(database.is_followed, "the standby does not follow")
        begun = time.monotonic()
        database.fail_over()
        while client.predict(pictures[0], key="after").status != 201:
            check(time.monotonic() - begun < 60, "nothing is recorded after the failover")
            time.sleep(0.1)
        say(f"the standby took over: a prediction is recorded {time.monotonic() - begun:.1f} s after the primary was lost")
        for instance in instances:
            instance.stop()
        check_verified(HOME, **settings)
        database.remove()
        say("verified")


main()
