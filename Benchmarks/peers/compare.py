#!/usr/bin/env python3
"""Compares cxrledger with the peer service: the same pictures, load and machine, in turn, and medians of the rounds.

    compare.py --cxrledger .build/release/cxrledger [--rounds 5] [--seconds 10] [--clients 16] [--work MS] [--json FILE]

Every round starts each service on an empty home, checks its answers against the golden probabilities (which also warms
it up), loads it with wrk and stops it. A round with a refused or broken request does not count: the comparison fails.
--work is the decoding and inference time of one picture on one core in milliseconds, as our own benchmark prints it;
the limit of any such service is cores / work. The score cache is off; every picture is decoded and scored.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SAMPLES = ROOT / "Tests/Fixtures/samples"
TOLERANCE = 2e-3  # of a probability, for decoded pictures


def main():
    options = arguments()
    scratch = ROOT / ".build/peers"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    golden = json.loads((SAMPLES / "pneumonia_cnn_v1.golden.json").read_text())
    (scratch / "pictures").write_text("".join(f"{SAMPLES / entry['file']}\n" for entry in golden))
    onnx = scratch / "model.onnx"
    subprocess.run([sys.executable, HERE / "keras_to_onnx.py", options.model, onnx], check=True)

    services = [Peer(scratch, onnx)] + ([Ledger(scratch, options.cxrledger, options.model)] if options.cxrledger else [])
    results = {service.name: [] for service in services}
    for number in range(options.rounds):
        # The order alternates, so that neither always meets the warmer machine.
        for service in services if number % 2 == 0 else services[::-1]:
            with service.running():
                check(service, golden)
                result = load(service, options, scratch)
                results[service.name].append(result)
                print(f"round {number + 1}  {service.name:10} {row(result)}", flush=True)
            service.examine()

    medians = {name: {key: statistics.median(round[key] for round in rounds) for key in rounds[0]}
               for name, rounds in results.items()}
    print(f"\nmedians of {options.rounds} rounds of {options.seconds} s, {options.clients} clients,"
          f" {len(golden)} pictures, {os.cpu_count()} cores")
    for name, result in medians.items():
        print(f"         {name:10} {row(result)}")
    report(medians, {"peer": peer_work(onnx, golden), "cxrledger": options.work})
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"rounds": results, "medians": medians}, indent=1) + "\n")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cxrledger", type=pathlib.Path, help="without it only the peer is measured")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "saved_models/pneumonia_cnn_v1.keras")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--work", type=float)
    parser.add_argument("--json")
    return parser.parse_args()


def report(medians, work):
    """The ratio of the two rates, and each rate as a share of what decoding and inference alone would allow."""
    for name, result in medians.items():
        if work[name]:
            limit = os.cpu_count() * 1000 / work[name]
            print(f"limit    {name:10} {os.cpu_count()} cores / {work[name]:.2f} ms = {limit:.0f}/s;"
                  f" reached {result['rate'] / limit:.0%}")
    if "cxrledger" in medians:
        print(f"ratio    cxrledger / peer = {medians['cxrledger']['rate'] / medians['peer']['rate']:.2f}")


def row(result):
    return (f"{result['rate']:7.1f}/s   p50 {result['p50']:6.1f} ms   p90 {result['p90']:6.1f} ms"
            f"   p99 {result['p99']:6.1f} ms   CPU {result['cpu']:5.2f} ms a reply, load {result['load_cpu']:.2f} ms")


class Service:
    """A service that can be started on an empty home; `headers` are what its clients must send."""

    name, headers = "", {}

    def __init__(self, scratch):
        self.home, self.port, self.process = scratch / self.name, 0, None

    def command(self):
        raise NotImplementedError

    def environment(self):
        """Nothing but this comes from outside: neither the caller's settings nor a `.env`."""
        return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}

    def ready(self):
        """Called once the service is healthy."""

    def examine(self):
        """Called after a round, when the service has stopped."""

    @contextlib.contextmanager
    def running(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        with open(self.home / "output", "wb") as output:
            self.process = subprocess.Popen(self.command(), env=self.environment(), cwd=self.home,
                                            stdout=output, stderr=subprocess.STDOUT)
        try:
            self.wait()
            self.ready()
            yield
        finally:
            self.process.terminate()
            self.process.wait(30)

    def wait(self):
        for _ in range(300):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.1)
        sys.exit(f"{self.name} did not start:\n{(self.home / 'output').read_text()}")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Peer(Service):
    name = "peer"

    def __init__(self, scratch, onnx):
        super().__init__(scratch)
        self.onnx = onnx

    def command(self):
        return [sys.executable, HERE / "fastapi_peer.py", "--model", self.onnx,
                "--database", self.home / "predictions.db", "--port", str(self.port)]


class Ledger(Service):
    name = "cxrledger"

    def __init__(self, scratch, binary, model):
        super().__init__(scratch)
        self.binary, self.model = binary.resolve(), model.resolve()

    def command(self):
        return [self.binary, "serve"]

    def environment(self):
        return super().environment() | {"MODEL_PATH": str(self.model), "CXRLEDGER_HOME": str(self.home / "home"), "API_HOST": "127.0.0.1", "API_PORT": str(self.port),
                "LOG_FILE": str(self.home / "application.log"), "CACHE_ENABLED": "false"}

    def ready(self):
        lines = (self.home / "output").read_text().splitlines()
        key = next(line.partition(": ")[2].strip() for line in lines if line.startswith("administrator key: "))
        self.headers = {"Authorization": f"Bearer {key}"}

    def examine(self):
        """What was acknowledged under load must verify: a fast log that does not is worth nothing."""
        subprocess.run([self.binary, "verify"], env=self.environment(), cwd=self.home, check=True,
                       stdout=subprocess.DEVNULL)


def check(service, golden):
    """Every picture once, against Keras."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    for entry in golden:
        data = (SAMPLES / entry["file"]).read_bytes()
        body = (b'--b\r\nContent-Disposition: form-data; name="image"; filename="xray.jpeg"\r\n'
                b"Content-Type: image/jpeg\r\n\r\n" + data + b"\r\n--b--\r\n")
        connection.request("POST", "/v1/predictions", body,
                           service.headers | {"Content-Type": "multipart/form-data; boundary=b"})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != 201:
            sys.exit(f"{service.name} answers {reply.status} for {entry['file']}: {text[:300]!r}")
        difference = abs(float(json.loads(text)["probability"]) - entry["probability"])
        if difference > TOLERANCE:
            sys.exit(f"{service.name} differs from Keras by {difference:.2g} for {entry['file']}")


def load(service, options, scratch):
    """One run of wrk; the CPU time of service and load is given per reply."""
    result = scratch / "result.json"
    headers = [f"{name}: {value}" for name, value in service.headers.items()]
    before, spent = service.cpu_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["wrk", f"-t{min(2, options.clients)}", f"-c{options.clients}", f"-d{options.seconds}s",
                    "--timeout", "30s", "-s", HERE / "mix.lua", f"http://127.0.0.1:{service.port}/v1/predictions",
                    "--", scratch / "pictures", result, *headers],
                   check=True, stdout=subprocess.DEVNULL)
    after, total = service.cpu_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = json.loads(result.read_text())
    if figures["refused"] or figures["broken"]:
        sys.exit(f"{service.name}: {figures['refused']} requests refused, {figures['broken']} broken")
    figures["rate"] = figures["replies"] / figures["seconds"]
    figures["cpu"] = (after - before) / figures["replies"] * 1000
    sent = total.ru_utime + total.ru_stime - spent.ru_utime - spent.ru_stime
    figures["load_cpu"] = sent / figures["replies"] * 1000
    return figures


def peer_work(onnx, golden):
    """Milliseconds of Pillow and onnxruntime for one picture on one core: the median of five passes over all."""
    from fastapi_peer import Model  # here, because its libraries start threads

    model, passes = Model(onnx), []
    pictures = [(SAMPLES / entry["file"]).read_bytes() for entry in golden]
    for _ in range(5):
        began = time.perf_counter()
        for picture in pictures:
            model.probability(picture)
        passes.append((time.perf_counter() - began) / len(pictures) * 1000)
    return statistics.median(passes)


if __name__ == "__main__":
    main()
