"""Every byte that the service leaves behind, searched for patients, keys and pictures: none is there in clear."""

import base64
import hashlib
import json
import mmap
import os
import shutil
import subprocess
import time
import urllib.parse
from pathlib import Path

from harness import (BINARY, ROOT, SAMPLES, SCRATCH, Client, Service, answer, check, check_verified, command,
                     environment, program, say, scaled)

HOME = SCRATCH / "home"
WINDOW = 64


class Secrets:
    """What must not be found, with what it is and every form that it could be written in."""

    def __init__(self):
        self.forms = {}

    def add(self, what, secret):
        """A secret as it is, in hex, in base64 at any offset, escaped, as UTF-16 and as an unkeyed digest."""
        text = secret.decode()
        forms = {"clear": secret, "UTF-16": text.encode("utf-16-le"), "JSON": json.dumps(text)[1:-1].encode(),
                 "percent-encoded": urllib.parse.quote(text, safe="").encode()}
        for name, data in (("", secret), ("SHA-256 ", hashlib.sha256(secret).digest())):
            forms |= {f"{name}hex": data.hex().encode(), f"{name}HEX": data.hex().upper().encode()}
            for shift in range(3):
                # The ends depend on what stands beside; the middle does not.
                forms[f"{name}base64 {shift}"] = base64.b64encode(b"\0" * shift + data)[4 if shift else 0:-4]
        forms["SHA-256"] = hashlib.sha256(secret).digest()
        forms["MD5"] = hashlib.md5(secret).digest()
        forms["MD5 hex"] = hashlib.md5(secret).hexdigest().encode()
        self.forms |= {form: f"{what} ({name})" for name, form in forms.items() if len(form) >= 8}

    def add_key(self, what, key):
        """An API key. Its digest is what the log keeps by design; the random part alone must not be found either."""
        self.forms |= {key.encode(): what, key.rsplit("_", 1)[1].encode(): f"{what} (random part)",
                       bytes.fromhex(key.rsplit("_", 1)[1]): f"{what} (raw)"}

    def add_picture(self, what, picture, random):
        """Windows of a picture's bytes, and digests of all of it."""
        for _ in range(scaled(8, 6)):
            while True:
                start = random.randrange(len(picture) - WINDOW)
                window = picture[start:start + WINDOW]
                if len(set(window)) > WINDOW // 2:
                    break
            self.forms[window] = f"{what} (bytes from {start})"
            self.forms[window.hex().encode()] = f"{what} (hex from {start})"
            for shift in range(3):
                self.forms[base64.b64encode(b"\0" * shift + window)[4:-4]] = f"{what} (base64 from {start})"
        for name, digest in (("SHA-256", hashlib.sha256(picture)), ("MD5", hashlib.md5(picture))):
            self.forms |= {digest.digest(): f"{what} ({name})", digest.hexdigest().encode(): f"{what} ({name} hex)",
                           base64.b64encode(digest.digest())[:-2]: f"{what} ({name} base64)"}

    def search(self, data, where):
        for form, what in self.forms.items():
            check(data.find(form) < 0, what, "stands in", where)

    def search_tree(self, folder):
        """Every file below a folder, and its name; answers with the number of bytes."""
        total = 0
        for path in sorted(Path(folder).rglob("*")):
            self.search(os.fsencode(path), f"the name {path}")
            if path.is_file() and path.stat().st_size:
                with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    self.search(data, path)
                total += path.stat().st_size
        return total


def finds(text):
    """Whether the search finds what does lie there in clear."""
    control = Secrets()
    control.forms[text.encode()] = "the control"
    try:
        control.search_tree(HOME)
    except AssertionError:
        return True
    return False


def check_process_list(patient, *flag):
    """The command line takes a patient as an argument, which others on the machine must not go on seeing."""
    home = SCRATCH / "command"
    with subprocess.Popen(
            [BINARY, "predict", *[SAMPLES] * 3, *flag], env=environment(home, API_WORKERS=1), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) as process:
        looked = 0
        time.sleep(0.3)
        while process.poll() is None:
            arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            check(patient.encode() not in arguments, "the patient stands in the command's arguments:", arguments)
            looked += bool(arguments)
            time.sleep(0.01)
        check(looked, "the command ended before anybody could look")
        check(process.returncode == 0, "predict exited with", process.returncode)
    shutil.rmtree(home)


def main():
    with program() as random:
        secrets, service = Secrets(), Service(HOME, LOG_LEVEL="debug", CACHE_ENABLED="true")
        service.start()
        client = service.client()
        pictures = {path.name: path.read_bytes() for path in sorted(SAMPLES.rglob("*.jpeg"))[:scaled(40, 12)]}
        keys = {}
        for role in ("clinician", "auditor"):
            issued = client.post("/v1/credentials", {"role": role, "name": f"the {role}"}).expect(200, 201).json
            keys[role] = issued["key"]
        rotated = client.post(f"/v1/credentials/{issued['id']}/rotate").expect(200, 201).json
        keys |= {"rotated": rotated["key"], "refused": "cxr_c0123456789ab_" + random.randbytes(32).hex()}
        clinician = service.client(keys["clinician"])
        Client(service, keys["refused"]).get("/v1/models").expect(401)
        Client(service, keys["auditor"]).get("/v1/models").expect(401)
        session = Client(service).post("/session", {"key": keys["clinician"]}).expect(204)
        cookie = session.headers["Set-Cookie"].split(";")[0].partition("=")[2]
        page = {"Cookie": f"cxr_session={cookie}"}
        Client(service).request("GET", "/session", headers=page).expect(200)
        reason = "The infiltrate is the heart's shadow, says Dr. Quillfeather"
        patients = [f"Patient-{random.randbytes(6).hex()}" for _ in range(6)] + ["Иван Петрович 4711-Ω", "O'Neill/Ünal & Söhne %41"]
        for number, (name, picture) in enumerate(pictures.items()):
            patient = patients[number % len(patients)]
            reply = clinician.predict(picture, patient, f"idempotency-{patient}-{number}", name=f"{patient}.jpeg").expect(201).json
            again = clinician.predict(picture, patient, f"idempotency-{patient}-{number}", name=name).expect(200)
            check(again.json["id"] == reply["id"], "a repetition was answered with another prediction")
            clinician.get("/v1/predictions", patient=patient).expect(200)
            clinician.get(f"/v1/predictions/{reply['id']}").expect(200)
            clinician.get(f"/v1/predictions/{reply['id']}/image").expect(200)
            if number % 3 == 0:
                other = "NORMAL" if reply["prediction"] == "PNEUMONIA" else "PNEUMONIA"
                clinician.post(f"/v1/predictions/{reply['id']}/review",
                               {"verdict": "override", "label": other, "reason": reason}).expect(200, 201)
            # Refusals and mistakes must not tell either.
            clinician.predict(picture[:200], patient).expect(400, 413, 415, 422)
            clinician.request("POST", f"/v1/predictions?patient={patient.encode().hex()}", b"{", {"X-Patient-ID": "x" * 100})
            clinician.get(f"/v1/predictions/{patient.split()[0].split('/')[0].encode().hex()}")
        command(HOME, "predict", ROOT / "Tests/Fixtures/xrays/PNEUMONIA", "--patient", patients[0])
        check_process_list(patients[0], "--patient", patients[0])
        check_process_list(patients[1], f"--patient-id={patients[1]}")
        client.post("/v1/backups").expect(200, 201)
        for patient in patients:
            secrets.add(f"patient {patient}", patient.encode())
        secrets.add("the reason of a review", reason.encode())
        for name, key in keys.items():
            secrets.add_key(f"the {name} key", key)
        secrets.add("the cookie of a session", cookie.encode())
        for name, picture in pictures.items():
            secrets.add_picture(f"picture {name}", picture, random)
        # The administrator's key is printed once, as the first start should; it must be nowhere else.
        shown = service.stdout.read_bytes()
        check(shown.count(service.administrator.encode()) == 1, "the administrator's key is not shown once")
        service.stdout.write_bytes(shown.replace(service.administrator.encode(), b""))
        secrets.add_key("the administrator's key", service.administrator)
        check((HOME / "cxrledger.db-wal").stat().st_size > 0, "there is no write-ahead log to search")
        process = Path(f"/proc/{service.process.pid}")
        secrets.search((process / "cmdline").read_bytes(), "the process's arguments")
        secrets.search((process / "environ").read_bytes(), "the process's environment")
        running = secrets.search_tree(SCRATCH)
        check(finds(reply["id"]), "the search finds nothing at all")
        service.kill()
        secrets.search_tree(SCRATCH)
        service.start()
        service.stop()
        stopped = secrets.search_tree(SCRATCH)
        check((HOME / "secrets.db").stat().st_size > 0, "there is no secret store")
        say(len(secrets.forms), "forms of secrets looked for in", running >> 20, "MiB while running and", stopped >> 20, "MiB after")
        # They are there all the same, sealed: whoever may, reads them.
        check_verified(HOME)
        listed = answer(HOME, "predictions", "list", "--patient", patients[6], "--json")["predictions"]
        check(listed, "the patient cannot be found any more")
        detail = answer(HOME, "predictions", "show", listed[0]["id"])
        check(detail["patient"] == patients[6], "the sealed patient opens as", detail.get("patient"))
        check(reason in json.dumps([answer(HOME, "predictions", "show", line["id"]) for line in
                                    answer(HOME, "predictions", "list", "--reviewed", "yes")["predictions"]], ensure_ascii=False),
              "the sealed reason cannot be read")


main()
