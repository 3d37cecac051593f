"""What the acceptance programs share: a service of their own, its HTTP interface, the command line, and the verdict.

Each program runs the built binary in `$SCRATCH` and ends with exit code 0 when everything held. Random choices come
from one seed, which a failure prints; `SEED=N` repeats a run.
"""

import base64
import contextlib
import http.client
import io
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ["CXRLEDGER"]
SAMPLES = Path(os.environ["SAMPLES"])
SCRATCH = Path(os.environ["SCRATCH"])
LONG = os.environ.get("LONG") == "1"
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
MODEL = ROOT / "saved_models/pneumonia_cnn_v1.keras"


def scaled(long, short):
    """The figure of the full campaign, or that of the short form."""
    return long if LONG else short


def check(holds, *words):
    """Fails the program unless something holds."""
    if not holds:
        raise AssertionError(" ".join(str(word) for word in words))


def say(*words):
    print("  ", *words, flush=True)


@contextlib.contextmanager
def program():
    """Runs a program's body; a failure is told with its seed, and no service is left running."""
    try:
        yield random.Random(SEED)
    except BaseException as error:
        traceback.print_exc()
        print(f"FAILED (repeat with SEED={SEED}): {error}", file=sys.stderr, flush=True)
        sys.exit(1)
    finally:
        for service in list(Service.running):
            service.kill()


def environment(home, **settings):
    """The settings of a process on a home; nothing of ours comes from the caller's environment, nor from a `.env`."""
    home = Path(home)
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    base = {
        "CXRLEDGER_HOME": home, "MODEL_PATH": MODEL, "API_PORT": 0,
        "LOG_FILE": home.parent / f"{home.name}.logs/application.log",
        "CXRLEDGER_BACKUPS": home.parent / f"{home.name}.backups",
    }
    return inherited | {name: str(value) for name, value in (base | settings).items() if value is not None}


def command(home, *words, status=0, timeout=300, **settings):
    """Runs the command line on a home and answers with the finished process; `status` None accepts any exit code."""
    done = subprocess.run(
        [BINARY, *map(str, words)], env=environment(home, **settings), cwd=SCRATCH, capture_output=True, timeout=timeout,
        check=False)
    check(done.returncode >= 0, "cxrledger", *words, "was ended by signal", -done.returncode, done.stderr.decode()[-2000:])
    check(
        status is None or done.returncode == status, "cxrledger", *words, "exited with", done.returncode,
        done.stdout.decode(errors="replace")[-2000:], done.stderr.decode(errors="replace")[-2000:])
    return done


def answer(home, *words, **options):
    """The JSON document that a command prints."""
    return json.loads(command(home, *words, "--json", **options).stdout)


def verify(home, **settings):
    """The verification's report; it must agree with the exit code."""
    done = command(home, "verify", "--json", status=None, **settings)
    report = json.loads(done.stdout)
    check(done.returncode == (0 if report["ok"] else 1), "verify exited with", done.returncode, "and said", report["ok"])
    check(report["ok"] == (not report["findings"]), "verify says", report)
    return report


def check_verified(home, **settings):
    report = verify(home, **settings)
    check(report["ok"], "verify found", json.dumps(report["findings"], indent=1))
    check(all(line["verdict"] == "passed" for line in report["checks"]), "verify did not check all:", report["checks"])
    return report


def free_port(host="127.0.0.1"):
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def locked(home):
    """Size and root of the newest note in a checkpoint lock."""
    slots = (home / "lock/checkpoint").read_bytes()
    notes = [slots[start : start + 4096].rstrip(b"\0").decode() for start in (0, 4096)]
    found = [note.split("\n")[1:3] for note in notes if note]
    size, root = max(found, key=lambda lines: int(lines[0]))
    return int(size), base64.b64decode(root).hex()


class Service:
    """One `cxrledger serve` on a home; the port is whatever was free."""

    running = []
    host = "127.0.0.1"

    def __init__(self, home, **settings):
        self.home = Path(home)
        self.settings = settings
        self.process = None
        self.port = 0
        self.administrator = None
        self.stdout = self.home.parent / f"{self.home.name}.stdout"
        self.stderr = self.home.parent / f"{self.home.name}.stderr"

    def start(self, timeout=30):
        """Starts it and waits until it says that it is healthy; answers with the seconds that took."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        offset = self.stdout.stat().st_size if self.stdout.exists() else 0
        with open(self.stdout, "ab") as out, open(self.stderr, "ab") as err:
            self.process = subprocess.Popen(
                [BINARY, "serve"], env=environment(self.home, **self.settings), cwd=SCRATCH, stdout=out, stderr=err,
                stdin=subprocess.DEVNULL)
        Service.running.append(self)
        while True:
            check(self.process.poll() is None, "the service ended with", self.process.returncode, self.complaints())
            check(time.monotonic() - begun < timeout, "the service was not healthy after", timeout, "s", self.complaints())
            said = self.stdout.read_bytes()[offset:].decode()
            if found := re.search(r"listening on http://\S+:(\d+)", said):
                self.port = int(found[1])
                if key := re.search(r"administrator key: (cxr_\S+)", said):
                    self.administrator = key[1]
                if self.health():
                    return time.monotonic() - begun
            time.sleep(0.02)

    def health(self):
        """The health document when the service is healthy."""
        try:
            reply = Client(self).get("/health")
        except OSError:
            return None
        return reply.json if reply.status == 200 and reply.json.get("healthy") else None

    def stop(self):
        """Asks it to stop, which it must do in order."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        Service.running.remove(self)
        check(status == 0, "the service stopped with", status, self.complaints())

    def kill(self):
        """Ends it as a power cut ends a process: no handler runs."""
        self.process.kill()
        self.process.wait()
        if self in Service.running:
            Service.running.remove(self)

    def client(self, key=None):
        return Client(self, key or self.administrator)

    def peak_memory(self):
        """The largest resident memory so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def complaints(self):
        return self.stderr.read_text(errors="replace")[-2000:] if self.stderr.exists() else ""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        if self in Service.running:
            if kind:
                self.kill()
            else:
                self.stop()


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def is_problem(self):
        """Whether it is a problem document (RFC 9457) with everything that ours hold."""
        if self.headers.get_content_type() != "application/problem+json":
            return False
        document = self.json
        return document.get("status") == self.status and all(document.get(name) for name in ("type", "title", "code", "detail"))

    def expect(self, *statuses):
        check(self.status in statuses, "status", self.status, "instead of", statuses, self.body[:1000])
        return self


class Client:
    """Requests over one kept connection; not for several threads at once."""

    def __init__(self, service, key=None, timeout=60, source=None):
        self.service, self.key, self.timeout = service, key, timeout
        self.source = source and (source, 0)
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        """Sends a request; one more try when a kept connection had been closed meanwhile.

        Raises OSError or http.client.HTTPException when there is no answer.
        """
        headers = dict(headers or {})
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        is_kept = self.connection is not None
        try:
            return self._send(method, path, body, headers)
        except (http.client.HTTPException, OSError):
            self.close()
            if not is_kept or (method != "GET" and "Idempotency-Key" not in headers):
                raise
        try:
            return self._send(method, path, body, headers)
        except (http.client.HTTPException, OSError):
            self.close()
            raise

    def _send(self, method, path, body, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                self.service.host, self.service.port, timeout=self.timeout, source_address=self.source)
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        reply = Reply(response.status, response.headers, response.read())
        if response.will_close:
            self.close()
        return reply

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def get(self, path, **query):
        query = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return self.request("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def post(self, path, body=None, headers=None):
        return self.request("POST", path, {} if body is None else body, headers)

    def upload(self, path, parts, headers=None):
        body, kind = multipart(parts)
        return self.request("POST", path, body, {"Content-Type": kind, **(headers or {})})

    def predict(self, image, patient=None, key=None, name="scan.jpeg"):
        """Asks for a prediction; answers with the whole reply."""
        parts = [("patient", None, patient.encode())] if patient else []
        return self.upload(
            "/v1/predictions", parts + [("image", name, image)], {"Idempotency-Key": key.encode()} if key else None)

    def events(self, since=0):
        """Every event from a position on, in index order."""
        while True:
            page = self.get("/v1/events", since=since, limit=1000).expect(200).json
            yield from page["events"]
            if page["done"]:
                return
            since = page["last"]

    def timeline(self, **filters):
        """Every line of the timeline that a filter finds, oldest first."""
        lines, cursor = [], None
        while True:
            page = self.get("/v1/timeline", limit=1000, cursor=cursor, **filters).expect(200).json
            lines += page["events"]
            cursor = page.get("next")
            if not cursor:
                return lines[::-1]


def multipart(parts):
    """A form (RFC 7578) of (name, file name or None, bytes), and its media type."""
    boundary = uuid.uuid4().hex
    body = io.BytesIO()
    for name, file, content in parts:
        place = f'; filename="{file}"' if file else ""
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{place}\r\n\r\n'.encode())
        body.write(content + b"\r\n")
    body.write(f"--{boundary}--\r\n".encode())
    return body.getvalue(), f"multipart/form-data; boundary={boundary}"


class Crowd:
    """Clients that do the same over and over in threads of their own, until told to stop."""

    def __init__(self, count, work):
        """`work(number, turn)` is one client's turn; what it raises ends the crowd and is raised by `stop`."""
        self.work, self.stopping, self.errors = work, threading.Event(), []
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        turn = 0
        try:
            while not self.stopping.is_set():
                self.work(number, turn)
                turn += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.errors.append(error)
            self.stopping.set()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)
            check(not thread.is_alive(), "a client hangs")
        if self.errors:
            raise self.errors[0]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            self.stopping.set()
        else:
            self.stop()


def small_xrays(count, random, side=200):
    """JPEG pictures of a few kilobytes, all different, cut from the samples."""
    from PIL import Image

    files = sorted(SAMPLES.rglob("*.jpeg"))
    pictures = []
    for number in range(count):
        with Image.open(files[number % len(files)]) as picture:
            picture.draft("L", (4 * side, 4 * side))
            width, height = picture.size
            left, top = random.randrange(width // 8), random.randrange(height // 8)
            part = picture.convert("L").crop((left, top, width - random.randrange(1, width // 8), height))
        out = io.BytesIO()
        part.resize((side, side)).save(out, "JPEG", quality=random.randrange(60, 90))
        pictures.append(out.getvalue())
    check(len(set(pictures)) == count, "the pictures are not all different")
    return pictures
