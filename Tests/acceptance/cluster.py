"""A PostgreSQL server of a program's own, which root may not run."""

import os
import signal
import subprocess
import time
from pathlib import Path

from harness import SCRATCH, Service, check

PROGRAMS = Path("/usr/lib/postgresql/15/bin")


class Cluster:
    """One server with default durability, reached by a socket in its folder."""

    def __init__(self, name="postgres", *options):
        # The path of a socket may have 107 bytes, and SCRATCH may be long.
        self.folder = Path(subprocess.run(["mktemp", "-d", f"/tmp/cxr-{name}-XXXXXX"], capture_output=True, check=True)
                           .stdout.decode().strip())
        self.process, self.options, self.port = None, options, 5432
        if os.getuid() == 0:
            subprocess.run(["chown", "postgres", self.folder], check=True)
        self._fill()

    def _fill(self):
        self._run(
            PROGRAMS / "initdb", "-D", self.folder / "data", "-U", "owner", "--auth=trust", "--no-instructions", "-E", "UTF8",
            "--locale=C.UTF-8", "--data-checksums")
        self.start()
        self.psql("postgres", "CREATE ROLE service LOGIN")
        self.psql("postgres", "CREATE DATABASE ledger")

    @property
    def owner(self):
        return f"postgresql://owner@/ledger?host={self.folder}"

    @property
    def service(self):
        return f"postgresql://service@/ledger?host={self.folder}"

    def start(self, *settings):
        """Starts it, with settings like `fsync=off`, and waits until it answers."""
        with open(SCRATCH / "postgres.log", "ab") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                [*self._user(), PROGRAMS / "postgres", "-D", self.folder / "data", "-c", "listen_addresses=", "-c",
                 f"unix_socket_directories={self.folder}", "-c", "max_connections=200", "-c", f"port={self.port}",
                 *(word for option in (*self.options, *settings) for word in ("-c", option))],
                cwd="/", stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if self not in Service.running:
            Service.running.append(self)  # so that no program leaves one behind
        for _ in range(600):
            if subprocess.run(["pg_isready", "-q", "-h", self.folder, "-p", str(self.port), "-U", "owner"], check=False).returncode == 0:
                return
            check(self.process.poll() is None, "the server ended:", (SCRATCH / "postgres.log").read_text()[-1000:])
            time.sleep(0.05)
        raise AssertionError("the server does not start")

    def crash(self):
        """Ends it as `pg_ctl stop -m immediate` does: without a checkpoint, and to be recovered from its log."""
        self._run(PROGRAMS / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "-s", "stop")
        self.process.wait(30)

    def power_off(self):
        """Ends all of its processes at once, and none of them gets to do anything."""
        server = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        children = subprocess.run(["pgrep", "-P", str(server)], capture_output=True, check=True).stdout.split()
        for process in [server, *map(int, children)]:
            os.kill(process, signal.SIGKILL)
        self.process.wait(30)

    def kill(self):
        if self.process.poll() is None:
            self.crash()
        Service.running.remove(self)
        subprocess.run(["rm", "-rf", self.folder], check=True)

    def psql(self, database, sql, user="owner"):
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-h", self.folder, "-p", str(self.port), "-U", user, "-d", database, "-c", sql],
            capture_output=True, check=False)
        check(done.returncode == 0, "psql:", done.stderr.decode())
        return done.stdout.decode().strip()

    def set(self, name, value):
        """Changes a setting, which a server that follows takes as well."""
        self.psql("postgres", f"ALTER SYSTEM SET {name} = '{value}'")
        self.psql("postgres", "SELECT pg_reload_conf()")

    @staticmethod
    def _user():
        return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []

    def _run(self, *words):
        done = subprocess.run([*self._user(), *words], cwd="/", capture_output=True, check=False)
        check(done.returncode == 0, words[0], "ended with", done.returncode, done.stderr.decode())


class Standby(Cluster):
    """A server that follows another one by streaming replication, as `standby`."""

    def __init__(self, primary, *options):
        self.primary = primary
        super().__init__("standby", *options)

    def _fill(self):
        self._run(
            PROGRAMS / "pg_basebackup", "-D", self.folder / "data", "-d",
            f"host={self.primary.folder} user=owner application_name=standby", "-R", "-X", "stream", "-c", "fast")
        self.start()

    def promote(self):
        self._run(PROGRAMS / "pg_ctl", "-D", self.folder / "data", "-w", "-s", "promote")
