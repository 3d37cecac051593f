"""Both verifiers of exports and passports, ours and the small one in Python, asked the same and compared."""

import collections
import contextlib
import importlib
import io
import json
import subprocess
import sys
import threading

from harness import BINARY, ROOT, check


class Judges:
    """Both verifiers; each case must have one of the codes that are right for it, from both."""

    def __init__(self):
        sys.path.insert(0, str(ROOT / "docs/verify"))
        self.python, self.passports = importlib.import_module("verify_export"), importlib.import_module("verify_passport")
        self.turn, self.told = threading.Lock(), collections.Counter()
        self.wrong = []

    def by_python(self, arguments):
        out = io.StringIO()
        with self.turn, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            self.python.FAILED.clear()
            sys.argv = ["verify_export.py", *map(str, arguments), "--json"]
            try:
                self.python.main(self.python.check_export if arguments[0].is_dir() else self.passports.check_passport)
            except SystemExit as end:
                status = end.code
        # What it cannot read at all it says in words.
        return (json.loads(out.getvalue())["code"], status) if isinstance(status, int) else (str(status), 1)

    @staticmethod
    def by_swift(arguments):
        done = subprocess.run(
            [BINARY, "verify-export", *map(str, arguments), "--json"], capture_output=True, timeout=120, check=False)
        try:
            return json.loads(done.stdout)["code"], done.returncode
        except (ValueError, KeyError):
            return done.stderr.decode(errors="replace")[-300:], done.returncode

    def judge(self, name, due, arguments):
        """One case: `due` are the right codes."""
        python, swift = self.by_python(arguments), self.by_swift(arguments)
        self.told[python[0]] += 1
        # A changed root key often is no point of the curve: libsodium refuses it at once, the Python library takes any bytes.
        # So does one of which a bit was flipped with the rest of its file.
        is_root = "root_key" in name or name[-2:] == ("manifest.json", "a bit flipped")
        if is_root and (python[0], swift[0]) == ("expectation-root", "malformed"):
            return
        if python != swift or python[0] not in due:
            self.wrong.append((name, sorted(due), python, swift))

    def finish(self):
        for name, due, python, swift in self.wrong[:40]:
            print("  ", *name, "| due:", *due, "| Python says", *python, "| Swift says", *swift, flush=True)
        check(not self.wrong, len(self.wrong), "cases of", sum(self.told.values()), "are judged otherwise")
