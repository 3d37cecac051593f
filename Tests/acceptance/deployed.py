"""What compose.yaml describes, run without containers: the same files and settings, on loopback addresses."""

import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

from cluster import PROGRAMS
from deployed_files import DEPLOY, compose, run
from harness import ROOT, SCRATCH, Client, Service, check, free_port

AS_ROOT = os.getuid() == 0


def replaced(text, changes):
    """The text with each change made, which must be there to make."""
    for old, new in changes.items():
        check(old in text, "nothing says", old)
        text = text.replace(old, str(new))
    return text


class Process:
    """A program that ends with the test."""

    def __init__(self, name, words, signal=15, **options):
        self.log, self.signal = SCRATCH / f"{name}.log", signal
        with open(self.log, "ab") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                [*map(str, words)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, **options)
        Service.running.append(self)

    def wait_until(self, holds, what, seconds=30):
        deadline = time.monotonic() + seconds
        while not holds():
            said = self.log.read_text(errors="replace")[-1500:]
            check(self.process.poll() is None, what, "- it ended with", self.process.returncode, said)
            check(time.monotonic() < deadline, what, "- not after", seconds, "s", said)
            time.sleep(0.05)

    def kill(self):
        if self in Service.running:
            Service.running.remove(self)
        self.process.send_signal(self.signal)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


class Database:
    """The services `db` and `standby`: the entry point of PostgreSQL's image, as far as it concerns us."""

    def __init__(self, secrets):
        self.folder = Path(subprocess.run(["mktemp", "-d", "/tmp/cxr-deployed-XXXXXX"], capture_output=True, check=True)
                           .stdout.decode().strip())
        self.port, self.standby_port = free_port(), free_port()
        self.secrets = self.folder / "secrets"  # as the server's own user sees them
        self.secrets.mkdir()
        for name in compose()["services"]["db"]["secrets"]:
            shutil.copy(secrets / name, self.secrets / name)
        for name in ("postgresql.conf", "primary.sh", "standby.sh"):
            shutil.copy(DEPLOY / "postgres" / name, self.folder / name)
        if AS_ROOT:
            run("chown", "-R", "postgres", self.folder)
        arguments = compose()["services"]["db"]["environment"]["POSTGRES_INITDB_ARGS"].split()
        data = self.folder / "primary"
        self._run(PROGRAMS / "initdb", "-D", data, "-U", "postgres", "--auth-local=trust",
                  f"--pwfile={self.secrets / 'postgres_password'}", *arguments)
        self.primary = self._serve("primary", self.port, [PROGRAMS / "postgres"])
        self.primary.wait_until(lambda: self.is_ready(self.port), "the primary does not start")
        self._run(self.folder / "primary.sh", PGDATA=data, PGHOST=self.folder, PGPORT=self.port)
        self.psql(self.port, "SELECT pg_reload_conf()")
        self.standby = self._serve("standby", self.standby_port, ["sh", self.folder / "standby.sh", "postgres"])
        self.standby.wait_until(lambda: self.is_ready(self.standby_port), "the standby does not start")

    def _environment(self, **more):
        settings = {"SECRETS": self.secrets, "PRIMARY": "127.0.0.1", "PRIMARY_PORT": self.port, "POSTGRES_USER": "postgres"}
        path = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
        return path | {name: str(value) for name, value in (settings | more).items()}

    def _serve(self, name, port, words):
        if not (self.folder / name).exists():
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o1777)  # as a fresh volume is in a container
            if AS_ROOT:
                run("chown", "postgres", self.folder / name)
        options = [
            f"config_file={self.folder}/postgresql.conf", f"port={port}", "listen_addresses=127.0.0.1",
            f"unix_socket_directories={self.folder}", "shared_buffers=64MB"]
        # Not by runuser, which would keep the signal that ends it for itself.
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if AS_ROOT else {}
        return Process(name, [*words, *(word for option in options for word in ("-c", option))], signal=2, cwd="/",
                       env=self._environment(PGDATA=self.folder / name), **user)

    @staticmethod
    def _user():
        return ["runuser", "-u", "postgres", "--"] if AS_ROOT else []

    def _run(self, *words, **environment):
        return run(*self._user(), *words, cwd="/", env=self._environment(**environment))

    def is_ready(self, port):
        done = run("pg_isready", "-q", "-h", "127.0.0.1", "-p", port, "-U", "postgres", status=None)
        return done.returncode == 0

    def psql(self, port, sql, user="postgres", database="pneumonia_prod", status=0, host=None, password=None):
        environment = self._environment() | ({"PGPASSWORD": password} if password else {})
        return run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", host or self.folder, "-p", port, "-U", user, "-d", database,
                   "-c", sql, status=status, env=environment).stdout.decode().strip()

    def is_followed(self):
        """Whether the standby has everything that the primary has committed."""
        return self.psql(
            self.port, "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby' AND "
            "state = 'streaming' AND replay_lsn = pg_current_wal_lsn()") == "1"

    def fail_over(self):
        """Loses the primary, and promotes the standby as docs/deployment.md says."""
        self._run(PROGRAMS / "pg_ctl", "-D", self.folder / "primary", "-m", "immediate", "-w", "-s", "stop")
        self.primary.process.wait(30)
        Service.running.remove(self.primary)
        self._run(PROGRAMS / "pg_ctl", "-D", self.folder / "standby", "-w", "-s", "promote")

    def remove(self):
        self.standby.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Names(threading.Thread):
    """A name server that knows `api`, as Docker's does: the addresses of the instances there are."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.addresses = []
        self.start()

    def run(self):
        while True:
            query, peer = self.socket.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            addresses = self.addresses if query[12:end - 5] == b"\3api" else []
            answer = query[:2] + struct.pack(">HHHHH", 0x8180 if addresses else 0x8183, 1, len(addresses), 0, 0) + query[12:end]
            for address in addresses:
                answer += struct.pack(">HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(address)
            self.socket.sendto(answer, peer)


class Broken(threading.Thread):
    """An instance that is alive and answers no request: it hangs up, or says nothing at all."""

    host = "127.0.0.9"

    def __init__(self, port, is_silent):
        super().__init__(daemon=True)
        self.is_silent, self.taken, self.held = is_silent, 0, []
        self.socket = socket.create_server((self.host, port))
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.socket.accept()[0]
                if connection.recv(1 << 16).startswith(b"GET /alive "):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    connection.close()
                    continue
                self.taken += 1
                if self.is_silent:
                    self.held.append(connection)
                else:
                    connection.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Nginx:
    """Debian's nginx with deploy/nginx.conf, of which only addresses and folders are changed."""

    host = "127.0.0.1"

    def __init__(self, names, instances_port):
        self.port = free_port()
        self.folder = SCRATCH / "nginx"
        self.folder.mkdir()
        file = self.folder / "nginx.conf"
        file.write_text(replaced((DEPLOY / "nginx.conf").read_text(), {
            "resolver 127.0.0.11 ": f"resolver 127.0.0.1:{names.port} ", "listen 8000;": f"listen 127.0.0.1:{self.port};",
            "$api:8000": f"$api:{instances_port}", " /tmp/": f" {self.folder}/"}))
        run("nginx", "-t", "-c", file)
        self.process = Process(
            "nginx", ["nginx", "-c", file, "-g", "daemon off;" + (" user root;" if AS_ROOT else "")], signal=3)

    def wait_until_ready(self):
        def is_ready():
            try:
                return Client(self).get("/ready").status == 200
            except OSError:
                return False
        self.process.wait_until(is_ready, "nginx finds no instance")

    def requests(self):
        """What its log says of each."""
        return [json.loads(line) for line in self.process.log.read_text().splitlines() if line.startswith("{")]


class Instance(Service):
    """One container of the service `api`, with the environment that compose.yaml gives it."""

    def __init__(self, number, port, database, secrets):
        self.number = number
        super().__init__(SCRATCH / "deployed/ledger", **environment("api", database, secrets), MODEL_PATH=ROOT / (
            "saved_models/pneumonia_cnn_v1.keras"), API_PORT=port, API_HOST=f"127.0.0.{number}")
        self.host = f"127.0.0.{number}"
        self.stdout, self.stderr = (SCRATCH / f"instance{number}.{kind}" for kind in ("stdout", "stderr"))


def environment(service, database, secrets):
    """The environment of a service, in the terms of this machine; what is decided elsewhere is left out."""
    places = {
        "/run/secrets": secrets, "/var/lib/cxrledger": SCRATCH / "deployed", "/backups": SCRATCH / "backups",
        "db:5432,standby:5432": f"127.0.0.1:{database.port},127.0.0.1:{database.standby_port}", "172.30.86.2": "127.0.0.1"}
    settings = {}
    for name, value in compose()["services"][service]["environment"].items():
        value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
        for old, new in places.items():
            value = value.replace(old, str(new))
        settings[name] = value
    return {name: value for name, value in settings.items() if name not in ("API_HOST", "API_PORT", "MODEL_PATH", "CXRLEDGER_HOME")}


class Prometheus:
    """Debian's Prometheus with our rules, looking at the instances each second."""

    def __init__(self, instances):
        self.port = free_port()
        folder = SCRATCH / "prometheus"
        shutil.copytree(DEPLOY / "prometheus", folder)
        file = folder / "prometheus.yml"
        targets = json.dumps([f"{instance.host}:{instance.port}" for instance in instances])
        file.write_text(replaced(file.read_text(), {
            "scrape_interval: 10s": "scrape_interval: 1s", "scrape_timeout: 8s": "scrape_timeout: 1s",
            "evaluation_interval: 15s": "evaluation_interval: 1s", "dns_sd_configs:": "static_configs:",
            "{names: [api], type: A, port: 8000, refresh_interval: 10s}": f"{{targets: {targets}}}"}))
        self.process = Process("prometheus", [
            "prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}"])
        self.process.wait_until(lambda: self.query('sum(up{job="pneumonia-detector"})') == [len(instances)],
                                "Prometheus does not see all instances")

    def get(self, path, **query):
        address = f"http://127.0.0.1:{self.port}/api/v1/{path}?" + urllib.parse.urlencode(query)
        with urllib.request.urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """The values that an expression has now."""
        try:
            return [float(line["value"][1]) for line in self.get("query", query=expression)["result"]]
        except OSError:
            return []
