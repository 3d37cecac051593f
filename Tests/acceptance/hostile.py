"""Whatever is thrown at the running service, it answers with a prediction or a problem document and goes on."""

import csv
import io
import random as randomness
import socket
import struct
import threading
import time
import zlib

from PIL import Image

from harness import ROOT, SCRATCH, Client, Service, check, check_verified, program, say, scaled, small_xrays

HOME = SCRATCH / "home"
FIXTURES = ROOT / "Tests/ImagingTests/Fixtures"
MEMORY = 600 << 20
BODY_LIMIT = 64 << 20
REFUSALS = (400, 408, 413, 415, 422)
BUSY = 503
CODES = {"reject as too small": "image-too-small", "refuse before decoding": "image-too-large"}


def allowed(expect):
    """Whether a file may be accepted, and whether it may be refused, by what files.csv expects of it."""
    if expect.startswith(("equivalent", "accept;")) or expect == "near":
        return True, False
    if expect in ("clean error", "clean error; quickly", "reject as too small", "refuse before decoding"):
        return False, True
    return True, True


class Attacker:
    """Sends, and judges each answer."""

    def __init__(self, service):
        self.service, self.client = service, service.client()
        self.accepted = self.refused = 0
        self.slowest = 0.0

    def send(self, what, image, may_accept, may_refuse, raw=False, code=None):
        """`code`: that of the one refusal that is right."""
        begun = time.monotonic()
        if raw:
            reply = self.client.request("POST", "/v1/predictions", image, {"Content-Type": "application/octet-stream"})
        else:
            reply = self.client.predict(image)
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if reply.status == 201:
            check(code is None, what, "was accepted, not refused as", code)
            check(may_accept, what, "was accepted:", reply.body[:300])
            self.accepted += 1
        else:
            check(reply.status in REFUSALS and reply.is_problem, what, "was answered with", reply.status, reply.body[:300])
            check(may_refuse, what, "was refused:", reply.body[:300])
            check(code in (None, reply.json["code"]), what, "was refused with", reply.json["code"], "instead of", code)
            self.refused += 1

    def alive(self):
        check(self.service.process.poll() is None, "the service has ended", self.service.complaints())
        check(Client(self.service).get("/health").expect(200).json["healthy"], "the service is not healthy")
        peak = self.service.peak_memory()
        check(peak < MEMORY, "peak of resident memory", peak >> 20, "MiB")
        return peak >> 20


def files(attacker):
    with open(FIXTURES / "files.csv", newline="") as lines:
        for number, line in enumerate(csv.DictReader(lines)):
            picture = (FIXTURES / line["file"]).read_bytes()
            expect = line["expect"].split("(")[0].strip()
            attacker.send(line["file"], picture, *allowed(expect), number % 2 == 0, CODES.get(expect))
    say(attacker.accepted, "files accepted,", attacker.refused, f"refused, the slowest in {attacker.slowest:.2f} s;",
        attacker.alive(), "MiB")


def truncations(attacker, random):
    out = io.BytesIO()
    jpeg = small_xrays(1, random, side=400)[0]
    Image.open(io.BytesIO(jpeg)).save(out, "PNG")
    for picture in (jpeg, out.getvalue(), (FIXTURES / "samples").glob("*.jpeg").__next__().read_bytes()):
        attacker.send("a whole picture", picture, True, False)
        for place in range(100):
            attacker.send(f"a picture cut at {place}%", picture[:len(picture) * place // 100], False, True)
    say("300 truncated pictures refused;", attacker.alive(), "MiB")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def giants(attacker):
    """Pictures that are small as files and huge as pixels."""
    for side, color in ((60_000, 0), (60_000, 2), (10_001, 0), (0xFFFFFFFF, 0), (0x7FFFFFFF, 6)):
        header = struct.pack(">IIBBBBB", side, side, 8, color, 0, 0, 0)
        picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
        attacker.send(f"a PNG of {side} by {side}", picture, False, True)
    # As many pixels as are allowed, in as few bytes as they can have, must not be multiplied by many clients.
    out = io.BytesIO()
    Image.new("L", (10_000, 10_000), 128).save(out, "PNG", compress_level=1)
    attacker.send("a PNG of 100 megapixels", out.getvalue(), True, True)
    statuses = together(attacker.service, [(out.getvalue(), "image/png")] * 12)
    check(set(statuses) <= {201, BUSY, 413}, "12 pictures of 100 megapixels at once:", statuses)
    say("giants refused or survived;", attacker.alive(), "MiB")


def exchange(service, *parts, timeout=30, reset=False, is_last=False):
    """Sends bytes as they are and answers with all that comes back; what cannot be sent any more is left out."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=timeout) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return b""
            if is_last:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        received = b""
        try:
            while data := connection.recv(65536):
                received += data
        except OSError:
            pass
        return received


def head(service, *fields, method="POST", path="/v1/predictions"):
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {service.administrator}", "Connection: close"]
    return "\r\n".join([*lines, *fields, "", ""]).encode()


def refusal(what, received, *statuses):
    """Checks a raw answer: a problem document with one of these codes."""
    top, _, body = received.partition(b"\r\n\r\n")
    status = int(top.split(b" ")[1]) if top.startswith(b"HTTP/1.") else 0
    check(status in statuses, what, "was answered with", received[:500])
    check(b"application/problem+json" in top and b'"code"' in body, what, "was answered without a problem:", received[:500])


def bodies(attacker):
    """More bytes than a body may have, told before and found out on the way; and exactly as many."""
    service = attacker.service
    noise = randomness.Random(7).randbytes(1 << 20)
    told = head(service, "Content-Type: image/png", f"Content-Length: {BODY_LIMIT + 1}")
    refusal("a body of 64 MiB + 1", exchange(service, told, *[noise] * 64, b"x"), 413)
    chunks = [b"%x\r\n" % len(noise) + noise + b"\r\n"] * 64 + [b"1\r\nx\r\n0\r\n\r\n"]
    refusal("64 MiB + 1 in chunks", exchange(service, head(service, "Content-Type: image/png", "Transfer-Encoding: chunked"), *chunks), 413)
    attacker.send("64 MiB of noise", noise * 64, False, True, raw=True)
    statuses = together(service, [(noise * 64, "image/png")] * 12)
    check(BUSY in statuses and set(statuses) <= {BUSY, *REFUSALS}, "12 bodies of 64 MiB at once:", statuses)
    say("bodies of 64 MiB and more refused;", attacker.alive(), "MiB")


def together(service, pictures):
    """Sends pictures at the same time; who is sent away for now is told when to come back."""
    statuses = []

    def send(picture, kind):
        reply = service.client().request("POST", "/v1/predictions", picture, {"Content-Type": kind})
        told = reply.status == 201 or reply.is_problem and (reply.status != BUSY or reply.headers.get("Retry-After"))
        statuses.append(reply.status if told else f"{reply.status} without a problem or Retry-After")

    threads = [threading.Thread(target=send, args=picture) for picture in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(len(statuses) == len(pictures), "only", len(statuses), "of", len(pictures), "were answered")
    return statuses


def broken(attacker, random):
    """Requests that are none, halves of requests, and clients that vanish."""
    service = attacker.service
    whole = head(service, "Content-Type: image/png", "Content-Length: 100000")
    for what, request in {
        "noise": random.randbytes(2000), "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(512),
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "no version": b"GET /\r\n\r\n", "HTTP/9": b"GET / HTTP/9.9\r\n\r\n",
        "a long line": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        "many fields": b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
        "a negative length": head(service, "Content-Length: -1"),
        "a huge length": head(service, "Content-Length: 99999999999999999999999"),
        "two lengths": head(service, "Content-Length: 3", "Content-Length: 4") + b"abcd",
        "two framings": head(service, "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        "a bad chunk": head(service, "Transfer-Encoding: chunked") + b"zz\r\nabc\r\n",
    }.items():
        received = exchange(service, request, is_last=True)
        check(not received or received[:10] in (b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 5"), what, "was answered with", received[:200])
    for path in ("/v1/predictions/..%2f..%2fetc/passwd", "/../../etc/passwd", "/v1/predictions/%00", "/v1/%ff%fe", "/v1/nothing"):
        reply = attacker.client.get(path)
        check(400 <= reply.status < 500 and reply.is_problem, path, "was answered with", reply.status, reply.body[:200])
    for kind, body in (("multipart/form-data", b"x"), ("multipart/form-data; boundary=b", b"--b\r\nno end"),
                       ("multipart/form-data; boundary=b", b"--b--\r\n"), ("application/json", b"{" * 10_000), ("text/x", b"")):
        reply = attacker.client.request("POST", "/v1/predictions", body, {"Content-Type": kind})
        check(400 <= reply.status < 500 and reply.is_problem, kind, "was answered with", reply.status, reply.body[:200])
    for _ in range(50):
        exchange(service, whole, random.randbytes(random.randrange(1000)), reset=True)
        exchange(service, whole[:random.randrange(1, len(whole))], reset=True)
    say("broken requests and vanished clients survived;", attacker.alive(), "MiB")


def slow(attacker, picture):
    """Clients that send a byte now and then, and some that never read: others are served as ever."""
    service, connections = attacker.service, []
    request = head(service, "Content-Type: image/png", "Content-Length: 100000")
    for number in range(200):
        connection = socket.create_connection(("127.0.0.1", service.port))
        # Some stop in the head and some in the body; some ask for much and do not read it.
        connection.sendall(request[:40] if number % 3 == 0 else request + b"abc" if number % 3 == 1 else
                           head(service, method="GET", path="/openapi.json").replace(b"close", b"keep-alive") * 50)
        connections.append(connection)
    begun, worst = time.monotonic(), 0.0
    while time.monotonic() - begun < scaled(130, 5):
        at = time.monotonic()
        attacker.send("a picture beside slow clients", picture, True, False)
        worst = max(worst, time.monotonic() - at)
        for connection in connections:
            try:
                connection.send(b"a")
            except OSError:
                pass  # the service has closed it, as it should in the end
        time.sleep(0.2)
    check(worst < 3, "beside slow clients an answer took", worst, "s")
    closed = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            while connection.recv(1 << 20):
                pass
            closed += 1
        except BlockingIOError:
            pass
        except OSError:
            closed += 1
        connection.close()
    say(f"200 slow clients, of which {closed} were sent away; others waited at most {worst:.2f} s;", attacker.alive(), "MiB")
    # The deadline for a request to arrive is two minutes.
    check(scaled(closed >= 200, True), "only", closed, "of 200 slow clients were sent away")


def main():
    with program() as random, Service(HOME) as service:
        attacker = Attacker(service)
        process = service.process.pid
        files(attacker)
        truncations(attacker, random)
        giants(attacker)
        bodies(attacker)
        broken(attacker, random)
        slow(attacker, small_xrays(1, random)[0])
        refused = attacker.client.get("/v1/timeline", type_="InputRejected", limit=1000).expect(200).json["events"]
        check(refused, "refusals are no events")
        attacker.send("a good picture in the end", small_xrays(1, random)[0], True, False)
        check(service.process.pid == process, "the service was started again")
        peak = attacker.alive()
        complaints = service.complaints()
        check("fatal" not in complaints.lower() and "crash" not in complaints.lower(), complaints)
        check_verified(HOME)
        say("healthy and verified after all; peak of resident memory", peak, "MiB")


main()
