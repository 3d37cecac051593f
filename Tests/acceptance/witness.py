"""A log written in Python, judged cosignatures, a witness that is killed; then the service with witness and authority."""

import http.client
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import evidence
from harness import BINARY, ROOT, SCRATCH, Crowd, Service, answer, check, command, environment, program, say, scaled

ORIGIN = "log.example/python"
NAME = "witness.example/1"


class Log:
    """A log of numbered entries, with a fork that differs from the first entry on."""

    def __init__(self):
        self.key = Ed25519PrivateKey.generate()
        self.leaves = [evidence.leaf_hash(b"%d" % index) for index in range(3000)]
        self.fork = [evidence.leaf_hash(b"x")] + self.leaves[1:]

    @property
    def vkey(self):
        public = self.key.public_key()
        key_id = evidence.note_key_id(ORIGIN, public)
        return f"{ORIGIN}+{key_id.hex()}+{evidence.b64(bytes([1]) + evidence.raw(public))}"

    def text(self, size, leaves=None):
        return evidence.checkpoint_text(ORIGIN, size, evidence.tree_root((leaves or self.leaves)[:size]))

    def request(self, old, size, leaves=None):
        leaves = leaves or self.leaves
        proof = "".join(evidence.b64(h) + "\n" for h in consistency(leaves[:size], old)) if 0 < old < size else ""
        return f"old {old}\n{proof}\n{evidence.sign_note(self.text(size, leaves), ORIGIN, self.key)}".encode()


def consistency(leaves, old, whole=True):
    """A consistency proof from the tree of the first `old` leaves (RFC 6962 section 2.1.2)."""
    size = len(leaves)
    if old == size:
        return [] if whole else [evidence.tree_root(leaves)]
    split = 1 << (size - 1).bit_length() - 1
    if old <= split:
        return consistency(leaves[:split], old, whole) + [evidence.tree_root(leaves[split:])]
    return consistency(leaves[split:], old - split, False) + [evidence.tree_root(leaves[:split])]


class Witness:
    """One `cxrledger witness` process on the folder that it shares with others."""

    def __init__(self, folder, policy, number):
        self.folder, self.policy, self.out = folder, policy, SCRATCH / f"witness-{number}.out"
        self.process, self.port = None, 0

    def start(self):
        self.out.write_bytes(b"")
        with open(self.out, "ab") as out:
            self.process = subprocess.Popen(
                [BINARY, "witness", "--folder", self.folder, "--policy", self.policy, "--port", str(self.port)],
                env=environment(SCRATCH / "nowhere"), cwd=SCRATCH, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        Service.running.append(self)
        for _ in range(500):
            if found := re.search(r"listening on http://\S+:(\d+)", self.out.read_text()):
                self.port = int(found[1])
                return self
            check(self.process.poll() is None, "the witness ended:", self.out.read_text())
            time.sleep(0.02)
        raise AssertionError("the witness does not listen")

    def kill(self):
        self.process.kill()
        self.process.wait()
        Service.running.remove(self)

    def send(self, method, path, body=None):
        """Status, type and text of an answer; None when there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body)
            reply = connection.getresponse()
            return reply.status, reply.headers.get("Content-Type"), reply.read().decode()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def cosigned(line, text, public):
    """The time of a cosignature that holds for a checkpoint's text."""
    dash, name, blob = line.rstrip("\n").split(" ")
    blob = evidence.unb64(blob)
    check(dash == "—" and name == NAME and len(blob) == 76, "the cosignature's form", line)
    check(blob[:4] == evidence.sha256(NAME.encode() + b"\n\x04" + evidence.raw(public))[:4], "its key id")
    time_ = int.from_bytes(blob[4:12], "big")
    check(evidence.holds(public, blob[12:], f"cosignature/v1\ntime {time_}\n{text}".encode()), "it does not hold")
    check(abs(time_ - time.time()) < 60, "its time", time_)
    return time_


def monitored(witness, log, public):
    """The size that the witness shows monitors, both signatures verified."""
    reply = witness.send("GET", f"/{evidence.sha256(ORIGIN.encode()).hex()}/checkpoint")
    if reply is None:
        return None
    status, _, note = reply
    if status == 404:
        return 0
    check(status == 200, "the monitoring endpoint answered", status)
    text, _, lines = note.rpartition("\n\n")
    first, second = lines.rstrip("\n").split("\n")
    size = int(text.split("\n")[1])
    check(text + "\n" == log.text(size), "the witness shows a tree that is not this log's")
    evidence.read_checkpoint(f"{text}\n\n{first}\n", ORIGIN, log.key.public_key())
    cosigned(second, text + "\n", public)
    return size


def overlapping(random, folder, vkey):
    """Overlapping requests from many at two processes, each killed now and then."""
    log = Log()
    policy = SCRATCH / "logs.policy"
    policy.write_text(f"log {log.vkey}\nquorum none\n")
    public = Ed25519PublicKey.from_public_bytes(evidence.unb64(vkey.split("+", 2)[2])[1:])
    witnesses = [Witness(folder, policy, number).start() for number in range(2)]
    guard = threading.Lock()
    state = {"size": 0, "granted": {}, "statuses": {}}

    def work(number, _):
        witness = witnesses[number % 2]
        with guard:
            known = state["size"]
        old = max(0, known - (number % 3 == 0))  # some are a little behind
        new = min(len(log.leaves), old + 1 + number % 5)
        forked = number == 7 and old > 0
        reply = witness.send("POST", "/add-checkpoint", log.request(old, new, log.fork if forked else None))
        if reply is None:
            time.sleep(0.01)
            return
        status, kind, text = reply
        with guard:
            state["statuses"][status] = state["statuses"].get(status, 0) + 1
            if status == 200:
                check(not forked, "a second history was cosigned")
                cosigned(text, log.text(new), public)
                state["granted"].setdefault(new, 0)
                state["size"] = max(state["size"], new)
            elif status == 409:
                check(kind == "text/x.tlog.size" and re.fullmatch(r"\d+\n", text), "409 without a size", kind, text)
                check(int(text) >= known, "rolled back to", text, "from", known)
                state["size"] = max(state["size"], int(text))
            else:
                check(status == 422 and forked, "status", status, text)

    crowd = Crowd(12, work)
    try:
        for turn in range(scaled(60, 12)):
            time.sleep(random.uniform(0.05, 0.4))
            witness = witnesses[turn % 2]
            with guard:
                before = state["size"]
            witness.kill()
            witness.start()
            size = monitored(witness, log, public)
            check(size is None or size >= before, "the witness went back to", size, "from", before)
            check(not crowd.errors, "a client failed:", crowd.errors)
    finally:
        crowd.stop()
    check(not crowd.errors, "a client failed:", crowd.errors)
    check(monitored(witnesses[0], log, public) == monitored(witnesses[1], log, public), "two memories")
    check(state["size"] > 50 and state["statuses"].get(422), "too little happened", state["statuses"])
    body = next(Path(folder).glob("logs/*/inconsistent")).read_bytes()
    check(b"old " in body, "the contradiction is kept")
    for witness in witnesses:
        witness.process.send_signal(signal.SIGTERM)
        check(witness.process.wait(30) == 0, "the witness did not stop in order")
        Service.running.remove(witness)
    say(f"{sum(state['statuses'].values())} answers {state['statuses']}, up to {state['size']} entries")


class Authority(http.server.BaseHTTPRequestHandler):
    """`openssl ts` behind HTTP, in the folder `tsa`."""

    folder = SCRATCH / "tsa"

    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        name = self.folder / f"{threading.get_ident()}"
        name.with_suffix(".q").write_bytes(query)
        self.openssl("ts", "-reply", "-config", "c.cnf", "-section", "authority", "-queryfile", f"{name}.q", "-out", f"{name}.r")
        reply = name.with_suffix(".r").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass

    @classmethod
    def openssl(cls, *words):
        done = subprocess.run(["openssl", *words], cwd=cls.folder, capture_output=True, check=False)
        check(done.returncode == 0, "openssl", *words, done.stderr.decode())
        return done.stdout.decode()

    @classmethod
    def serve(cls):
        cls.folder.mkdir()
        (cls.folder / "c.cnf").write_text(
            "[req]\ndistinguished_name=n\nprompt=no\n[n]\n[root]\nbasicConstraints=critical,CA:true\n"
            "[signer]\nextendedKeyUsage=critical,timeStamping\n[authority]\ndir=.\nserial=$dir/s\nsigner_cert=$dir/tsa.pem\n"
            "certs=$dir/ca.pem\nsigner_key=$dir/tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256\n"
            "ess_cert_id_alg=sha256\n")
        (cls.folder / "s").write_text("01\n")
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "c.cnf"]
        cls.openssl("req", "-x509", "-extensions", "root", "-subj", "/CN=Root", *new, "-keyout", "ca.key", "-out", "ca.pem")
        cls.openssl("req", "-subj", "/CN=Authority", *new, "-keyout", "tsa.key", "-out", "tsa.csr")
        cls.openssl(
            "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "c.cnf",
            "-extensions", "signer", "-out", "tsa.pem")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), cls)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


def service(folder):
    """A service whose checkpoints that witness cosigns and that authority stamps."""
    home = SCRATCH / "home"
    with Service(home) as first:
        key = answer(home, "log", "vkey")["vkey"]
        administrator = first.administrator
    (SCRATCH / "service.policy").write_text(f"log {key}\nquorum none\n")
    witness = Witness(SCRATCH / "second", SCRATCH / "service.policy", 2)
    vkey = command(home, "witness", "--init", "--folder", witness.folder, "--name", NAME).stdout.decode().strip()
    witness.start()
    trust = SCRATCH / "trust.policy"
    trust.write_text(f"witness one {vkey} http://127.0.0.1:{witness.port}\nquorum one\n")
    server = Authority.serve()
    settings = {
        "TLOG_POLICY": trust, "TSA_URL": f"http://user:secret@127.0.0.1:{server.server_port}/stamp",
        "TSA_CA": Authority.folder / "ca.pem"}
    with Service(home, **settings) as running:
        running.administrator = administrator
        client = running.client()
        wait(lambda: (home / "witnessed").exists(), "a witnessed checkpoint")
        wait(lambda: "CheckpointTimestamped" in {event["type"] for event in stamps(client)}, "a stamp")
        checks = client.get("/health").expect(200).json["checks"]
        check(checks["witnesses"]["status"] == checks["timestamps"]["status"] == "healthy", checks)
        note = (home / "witnessed").read_text()
        text, _, lines = note.rpartition("\n\n")
        public = Ed25519PublicKey.from_public_bytes(evidence.unb64(vkey.split("+", 2)[2])[1:])
        cosigned(lines.rstrip("\n").split("\n")[-1], text + "\n", public)
        # A witness that was replaced by an empty one is noticed, and the log goes on.
        metrics = client.get("/metrics").body.decode()
        check(f'cxrledger_witness_lag_seconds{{witness="{NAME}"}}' in metrics, "no lag in the metrics")
        shown = answer(home, "log", "checkpoint", "--witnessed", **settings)["checkpoint"]
        check(f"— {NAME} " in shown, "the witnessed checkpoint is not cosigned", shown)
        event = stamps(client)[0]["payload"]
        check("secret" not in event["authority"], "the authority's password is in the log")
        (Authority.folder / "note").write_bytes(evidence.unb64(event["checkpoint"]))
        (Authority.folder / "token").write_bytes(evidence.unb64(event["token"]))
        Authority.openssl("ts", "-verify", "-data", "note", "-in", "token", "-token_in", "-CAfile", "ca.pem")
        witness.kill()
        image = next(Path(os.environ["SAMPLES"]).rglob("*.jp*g")).read_bytes()
        made = client.predict(image).expect(200, 201).json  # nothing waits for a witness
        witness.start()
        wait(lambda: witnessed_size(home) > made["index"], "a witnessed prediction")
        passport = SCRATCH / "passport.json"
        passport.write_bytes(client.get(f"/v1/predictions/{made['id']}/passport").expect(200).body)
    # Years later, with what the reader holds: the root, and the witnesses that they believe; the policy names no log.
    held = [passport, "--expect", home / "keys/root.pub", "--policy", trust]
    for program in ([BINARY, "verify-export"], [sys.executable, ROOT / "docs/verify/verify_passport.py"]):
        done = subprocess.run([*program, *held, "--json"], capture_output=True, check=False)
        check(done.returncode == 0, program, "says of a witnessed passport:", done.stdout, done.stderr)
    stamp = answer(home, "log", "stamp", **settings)
    check(stamp["size"] > 0 and stamp["time"].endswith("Z"), stamp)
    report = answer(home, "verify", **settings)
    check(report["ok"], report["findings"])
    witness.kill()
    server.shutdown()
    say("the service's checkpoints are cosigned and stamped, and both verify with other programs")


def witnessed_size(home):
    return int((home / "witnessed").read_text().split("\n")[1])


def stamps(client):
    return [event["envelope"] for event in client.events() if event["envelope"]["type"] == "CheckpointTimestamped"]


def wait(holds, what):
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(f"there never was {what}")


with program() as chance:
    place = SCRATCH / "first"
    made = command(SCRATCH / "nowhere", "witness", "--init", "--folder", place, "--name", NAME).stdout.decode().strip()
    again = command(SCRATCH / "nowhere", "witness", "--init", "--folder", place, "--name", NAME).stdout.decode().strip()
    check(made == again and made.startswith(NAME + "+"), "the key changed", made, again)
    command(SCRATCH / "nowhere", "witness", "--init", "--folder", place, "--name", "other.example", status=1)
    check((place / "key").stat().st_mode & 0o777 == 0o600, "the key can be read by others")
    overlapping(chance, place, made)
    service(SCRATCH / "second")
