#!/usr/bin/env python3
"""Verifies an export of CXRLedger with nothing but the package `cryptography`; written from docs/formats.md alone. README.md explains."""
import argparse, base64, functools, hashlib, html, itertools, json, os, re, sys, types
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
def load(path): return open(path, "rb").read()
FORMS, PAGE = (load(os.path.join(os.path.dirname(os.path.abspath(__file__)), name)).decode() for name in ("forms.json", "report.html"))
FORMS, FAILED, NEVER, NOBODY = json.loads(FORMS), {}, 1 << 64, types.SimpleNamespace(key=bytes(32), bad=1 << 64)
ORDER, (EVENT, EXPORT, KEY) = [check[0] for check in FORMS["checks"]], (f"application/vnd.cxrledger.{kind}+json" for kind in ("event", "export", "key"))
def need(holds, what):
    if not holds: raise ValueError(what)
def require(holds, check, detail):
    if not holds: FAILED.setdefault(ORDER.index(check), detail)  # the first check in this order that fails decides
def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def pae(kind, body): return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)
key_of, LOG = functools.lru_cache(99)(Ed25519PublicKey.from_public_bytes), re.compile(rb"^[ \t]*log[ \t]", re.M).search  # names a policy a log?
def holds(key, signature, message):
    try: return key_of(key).verify(signature, message) is None
    except (InvalidSignature, ValueError): return False
def b64(data): return base64.b64encode(data).decode()
def unb64(text): return base64.b64decode(text) if fits("@base64", text) else need(False, "Base64")
def write(value): return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
def canonical(data, what, form):
    def members(pairs): return dict(pairs) if len(dict(pairs)) == len(pairs) and all(name.isascii() for name, _ in pairs) else int("keys")
    def number(text): return int(text) if abs(int(text)) <= 1 << 53 else int("too large")
    try: value = json.loads(data.decode(), object_pairs_hook=members, parse_int=number, parse_float=int, parse_constant=int)
    except (ValueError, RecursionError) as error: raise ValueError(f"{what}: {error}")
    need(write(value).encode(errors="replace") == data and fits(FORMS[form], value), f"{what} has not its one form")
    return value
def fits(form, value):
    if isinstance(form, str) and form[0] == "@": return form.endswith(" or null") and value is None or fits(FORMS[form[1:].split(" or ")[0]], value)
    if isinstance(form, str): return isinstance(value, dict) if form == "object" else isinstance(value, str) and re.fullmatch(form, value)
    if isinstance(form, dict): return isinstance(value, dict) and all(name in value or name[-1] == "?" for name in form) and all(
        fits(form.get(name, form.get(name + "?", "(?!)")), item) for name, item in value.items())
    if len(form) == 2: return type(value) is int and form[0] <= value <= form[1]
    return isinstance(value, list) and len(value) <= 128 and all(fits(form[0], item) for item in value)
class Entry:  # an event as it is stored, rebuilt from its DSSE envelope; with its index and inclusion proof where they are known
    def __init__(self, dsse, what, index=None, hashes=()):
        body, (signed,), self.what, self.at, self.path = unb64(dsse["payload"]), dsse["signatures"], what, index, [*map(unb64, hashes)]
        self.key, self.signature, self.message = signed["keyid"], unb64(signed["sig"]), pae(EVENT, body)
        stored = b"\1" + len(body).to_bytes(4, "big") + body + b"\1" + bytes.fromhex(self.key) + self.signature
        need(len(stored) <= 32768, f"{what}: too large")
        try: self.fields = canonical(body, what, "envelope")
        except ValueError: self.fields = {"actor": {"roles": []}, "version": -1, "recorded_at": ""}
        if (self["version"] == 0) != (self["previous"] is None) or self["version"] < 0: self.signature = b""  # a log signs no such envelope
        self.leaf, self.end = sha(b"\0", stored), (self["version"], sha(body).hex())
    def __getitem__(self, path): return functools.reduce(lambda one, name: one.get(name) if isinstance(one, dict) else None, path.split("."), self.fields)
    def follows(self, end): return (self["version"] - 1, self["previous"]) == end
def proven(line): return Entry(line[0]["entry"], line[1], line[0]["index"], line[0]["hashes"])
def node(left, right): return sha(b"\1", left, right)  # the tree (RFC 6962 section 2.1); proofs are followed from the root down
def half(count): return 1 << (count - 1).bit_length() - 1
def climb(leaf, at, count, path):  # the root that an inclusion proof leads to
    if count < 2 or at >= count or not path: return leaf if (at, count, path) == (0, 1, []) else None
    below = climb(leaf, at % half(count), half(count) if at < half(count) else count - half(count), path[:-1])
    return below and (node(below, path[-1]) if at < half(count) else node(path[-1], below))
def grow(old, new, path, known):  # both roots that a consistency proof leads to; `known` is the old one, as long as the tree begins at 0
    if old == new: return (known, known) if known and not path else (path[0], path[0]) if len(path) == 1 and not known else (b"", b"")
    if old <= half(new): return (below := grow(old, half(new), path[:-1], known))[0], node(below[1], path[-1]) if path else b""
    return tuple(node(path[-1], root) for root in grow(old - half(new), new - half(new), path[:-1], None)) if path else (b"", b"")
def continues(old, old_root, new, new_root, path): return 0 < old <= new and grow(old, new, path, old_root) == (old_root, new_root)
def fold(edge): return functools.reduce(lambda right, left: node(left, right), edge[-2::-1], edge[-1]) if edge else sha()
def key_hash(name, key): return sha(name.encode(), b"\n", key)[:4]
def vkey(text, kind=1):  # a verifier key: its name, and the kind of its signatures before its 32 bytes (C2SP)
    found = re.fullmatch(r"([^\s+\0-\x1f]+)\+([0-9a-f]{8})\+(.+)", text)
    need(found and len(key := unb64(found[3])) == 33 and key[0] == kind and key_hash(found[1], key).hex() == found[2], "not a verifier key")
    return found[1], key
class Note:  # a checkpoint and the signatures under it
    def __init__(self, data, what):
        found = re.fullmatch("((.+)\n(0|[1-9][0-9]{0,18})\n(.+)\n(?:.+\n)*)\n((?:— [^\\s+]+ [^ \n]{8,}\n){1,64})", data.decode())
        need(found and len(data) <= 1 << 18 and not re.search(rb"[\0-\x09\x0b-\x1f]", data), f"{what}: not a signed checkpoint")
        self.text, self.origin, self.size, self.root = found[1], found[2], int(found[3]), unb64(found[4])
        self.signatures = [(line.split(" ")[1], unb64(line.split(" ")[2])) for line in found[5][:-1].split("\n")]
        need(self.size < 1 << 63 and len(self.root) == 32 and all(len(blob) > 4 for _, blob in self.signatures), f"{what}: not a checkpoint")
    def signed(self, name, key):  # whether a key has signed; None when a signature under its name does not hold
        blobs, time = [blob[4:] for signer, blob in self.signatures if (signer, blob[:4]) == (name, key_hash(name, key))], 8 * (key[0] == 4)
        return len(blobs) > 0 if all((not time or blob[0] < 128) and holds(key[1:], blob[time:], (
            f"cosignature/v1\ntime {int.from_bytes(blob[:8], 'big')}\n" * (time > 0) + self.text).encode()) for blob in blobs) else None
def check_policy(data, what, note=None):  # reads a policy; with a note also asks whether it is met
    names, met, quorum, once, is_whole = {"none"}, {"none", *["a log"] * (not LOG(data))}, [], [], True  # no log: the key history's
    need(data.endswith(b"\n") and len(data) <= 1 << 18 and not re.search(rb"[\0-\x08\x0b-\x1f\x7f]", data), f"{what}: octets")
    for kind, *items in (re.split("[ \t]+", line.strip(" \t")) for line in data.decode(errors="surrogateescape").split("\n")):
        name, members, is_new = "".join(items[:1]), items[2:], "".join(items[:1]) not in names
        if kind == "log" and 0 < len(items) < 3 or kind == "witness" and 1 < len(items) < 4 and is_new:
            signer, key = vkey(name) if kind == "log" else vkey(items[1], 4)
            verdict = bool(note) and (kind == "witness" or signer == note.origin) and note.signed(signer, key)
            once, names, is_whole = once + [key], names | {name}, is_whole and verdict is not None
            met |= {name if kind == "witness" else "a log"} if verdict else set()
        elif kind == "group" and is_new and members and {*members} <= names - {"none"}:
            least = {"all": len(members), "any": 1, **{str(n + 1): n + 1 for n in range(len(members))}}.get(items[1]) or need(False, f"{what}: threshold")
            names, once, met = names | {name}, once + members, met | ({name} if len(met & {*members}) >= least else set())
        else: quorum += items if kind == "quorum" and len(items) == 1 and name in names else need(kind[:1] in ("", "#"), f"{what}: {kind}") or []
    need(len(quorum) == 1 and len({*once}) == len(once), f"{what}: something twice, or no quorum")
    require(not note or is_whole and {"a log", *quorum} <= met, "policy", f"signed by {met - {'none'} or 'nobody'}, or a signature does not hold")
class Keys:  # of a log: certified by its root, retired and compromised by the events of its stream `keys`; and what they vouch for
    def __init__(self, root, origin, count, tree, history, note):
        self.root, self.origin, self.count, self.tree, self.lives, before = root, origin, count, tree, [], None
        for entry in history:
            is_next = entry.follows(before.end) and before.at < entry.at if before else entry.at == entry["version"] == 0
            try: need(is_next and entry["stream"] == "keys" and entry.at < count, "not the next event about keys") or self.admit(entry["type"], entry["payload"], entry.at)
            except (ValueError, KeyError, TypeError) as error: require(False, "keys", f"{entry.what}: {error}")
            require(self.names(entry) and self.signs(entry), "keys", f"{entry.what} is not signed by the key that counts there")
            self.check(before := entry, is_known=True)
        require(history, "keys", "no event certifies a key")
        require(note.text == f"{origin}\n{count}\n{b64(tree)}\n" and self.signed(note), "checkpoint-signature", "of another tree, or not by the key that counts")
        require(self.life("checkpoint", count - 1).bad >= count, "compromised", "only a compromised key vouches for the checkpoint")
    def life(self, purpose, at): return next((one for one in self.lives[::-1] if one.purpose == purpose and one.start <= at < one.end), NOBODY)
    def names(self, entry): return entry["log"] in (self.origin, None) and entry.key == sha(self.life("event", entry.at).key).hex()
    def signs(self, entry): return holds(self.life("event", entry.at).key, entry.signature, entry.message)
    def signed(self, note): return note.origin == self.origin and note.signed(note.origin, b"\1" + self.life("checkpoint", max(note.size, 1) - 1).key)
    def admit(self, kind, payload, at):
        for item in payload["keys"] if kind == "KeysCertified" else []:
            new, signed = canonical(unb64(item["certificate"]), "certificate", "certificate"), pae(KEY, unb64(item["certificate"]))
            need((payload["root"], new["log"]) == (b64(self.root), self.origin) and holds(self.root, unb64(item["signature"]), signed), "not by the root")
            need((unb64(new["key"]), new["purpose"]) not in [(old.key, old.purpose) for old in self.lives], "a key that was certified before")
            self.lives.append(types.SimpleNamespace(key=unb64(new["key"]), purpose=new["purpose"], start=max(new["valid_from"], at), end=NEVER, bad=NEVER))
        if kind in ("KeyRetired", "KeyCompromised"):
            life, = [one for one in self.lives if fits(FORMS[kind], payload) and (one.purpose, sha(one.key).hex()) == (payload["purpose"], payload["key"])]
            need(kind == "KeyCompromised" or self.life(life.purpose, at) is not life, "a key without a successor is retired")
            life.end, life.bad = (min(life.end, at), life.bad) if kind == "KeyRetired" else (life.end, min(life.bad, payload["from"]))
        need(NOBODY not in (self.life("event", at), self.life("checkpoint", at)), "no key for one of the purposes")
    def check(self, entry, has_proof=True, is_known=False):
        holds = {} if is_known else {"entry-key": self.names(entry), "entry-signature": self.signs(entry), "compromised": self.life("event", entry.at).bad > entry.at}
        if has_proof: holds["inclusion"] = climb(entry.leaf, entry.at, self.count, entry.path) == self.tree
        for code, is_right in holds.items(): require(is_right, code, f"{entry.what}, index {entry.at}")
    def check_held(self, held, leaves, roots, known):  # against the entries, the roots at their sizes, and the consistency proofs that are here
        origins = {name for name, _ in held["vkey"]} | {note.origin for note in held["note"]}
        require({*held["root"]} <= {self.root} and origins <= {self.origin}, "expectation-root", "the log or its root key is another than you hold")
        own = {b"\1" + life.key for life in self.lives if life.purpose == "checkpoint"}
        require({key for _, key in held["vkey"]} <= own, "expectation-checkpoint", "the root certified no such checkpoint key as you hold")
        for note in held["note"]:
            path = known.get(note.size, [] if note.size == self.count else [b""])
            same = roots[note.size] == note.root if note.size in roots else continues(note.size, note.root, self.count, self.tree, path)
            require(self.signed(note) and same, "expectation-checkpoint", f"not shown to continue your tree of {note.size}: a fork, or no proof is here")
        is_own = all(at not in leaves or climb(leaves[at], at, note.size, path) == note.root for at, path, note in held["proof"])
        require(is_own and {leaf for leaf, _ in held["record"]} <= {*leaves.values()}, "expectation-record", "a record that you hold is not in it, or is another")
def shown(text): return re.sub("[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", "\ufffd", html.escape(text).replace("&#x27;", "&#39;"))
def row(kind, cells): return "<tr>" + "".join(f"<{kind}>{shown(cell)}</{kind}>" for cell in cells) + "</tr>\n"
def record(cells): return ('"' + '","'.join(cell.replace('"', '""') for cell in cells) + '"\r\n').encode()
def cells(entry):
    made = {"index": entry.at, "entry_hash": entry.leaf.hex(), "payload": write(entry["payload"]), "actor.roles": " ".join(entry["actor.roles"])}
    return [str(made.get(name, "" if entry[name] is None else entry[name])) for name in FORMS["columns"].values()]
def page_head(manifest):
    facts = [(name, shown(value if isinstance(value, str) else write(value))) for name, value in sorted(manifest.items()) if name != "files"]
    return PAGE.format(**manifest, statement=FORMS["statements"][manifest["grade"]].format(**manifest), titles=row("th", FORMS["columns"])[4:-6],
        facts="".join(f"<tr><th>{name}</th><td>{text}</td></tr>\n" for name, text in facts), more=FORMS["more"] * (manifest["matched"] > 10_000)).encode()
def matches(entry, filters):
    found = {**{name: [entry[name]] for name in ("stream", "type", "subject")}, "actor": [entry["actor.id"], entry["actor.credential"]],
             "model": [entry["payload.model.digest"], entry["stream"] == "models" and entry["payload.digest"]]}
    return filters.get("since", "") <= entry["recorded_at"] < filters.get("until", "~") and all(filters[name] in found[name] for name in found if name in filters)
def check_export(folder, held, rules):
    items = {item.name: item.path for item in os.scandir(folder)}
    there, manifests = {name for name, path in items.items() if os.path.isfile(path) and not os.path.islink(path)}, {"manifest.json", "manifest.sig.json"}
    if "manifest.json" not in there: return require(False, "file-missing", "there is no manifest.json: this is no export")
    manifest = canonical(load(items["manifest.json"]), "manifest.json", "manifest.json")
    origin, count, start, end, filters, grade, files = (manifest[name] for name in ("origin", "size", "from", "to", "filters", "grade", "files"))
    tree, is_complete, due, listed = bytes.fromhex(manifest["root"]), grade == "complete", {*FORMS["files"][grade]}, {file["path"]: file for file in files}
    need(start < end <= count and [file["path"] for file in files] == sorted(listed), "manifest.json: from, to, or the order of its files")
    def read(name, parse=lambda data, name: canonical(data, name, name)): return parse(load(items[name]), name) if name in there & {*listed, *manifests} else None
    def lines(name):
        for number, line in enumerate(open(items[name], "rb") if name in there & {*listed} else [], 1):
            yield canonical(line[:-1] if line.endswith(b"\n") and len(line) <= 65537 else b"", f"{name}:{number}", name), f"{name}:{number}"
    signature, span, note, own = read("manifest.sig.json"), read("range.json"), read("checkpoint", Note), read("policy", lambda data, _: data)
    history, stamps, known = [*map(proven, lines("keys.jsonl"))], [*map(proven, lines("timestamps.jsonl"))], [*lines("known.jsonl")]
    need([line["size"] for line, _ in known] == sorted({line["size"] for line, _ in known if 0 < line["size"] <= count}), "known.jsonl: sizes")
    known = {line["size"]: [*map(unb64, line["consistency"])] for line, _ in known}
    if own is not None: check_policy(own, "policy", note if rules is None else None)
    missing, spare = (due | manifests | {*listed}) - there | due - {*listed}, {*items} - {*listed} - manifests | {*listed} - due
    for code, names in (("file-missing", missing), ("file-unlisted", spare)): require(not names, code, ", ".join(names))
    if missing or spare: return [Entry(*line) for line in lines("entries.jsonl")] and None
    for name, file in listed.items():
        with open(items[name], "rb") as data: found = hashlib.file_digest(data, "sha256").hexdigest(), data.tell()
        require(found == (file["sha256"], file["bytes"]), "file-digest", f"{name} is not the file that the manifest lists")
    keys = Keys(unb64(manifest["root_key"]), origin, count, tree, history, note)
    at, key = next(((at, life.key) for at in (count - 1, count) if sha((life := keys.life("event", at)).key).hex() == signature["keyid"]), (-1, bytes(32)))
    require(holds(key, unb64(signature["sig"]), pae(EXPORT, load(items["manifest.json"]))), "manifest-signature", "not signed by the log's event key")
    require(keys.life("event", at).bad > at, "compromised", "only a compromised key vouches for the manifest")
    csv, page, edge, whole = hashlib.sha256(record(FORMS["columns"])), hashlib.sha256(page_head(manifest)), [*map(unb64, span["edge"])] if span else [], {*filters} == {"stream"} and start == 0
    at, read_at, first, total, matched, ends, roots, leaves, about_keys, wanted = -1, "", "~", 0, 0, {}, {}, {}, [], {note.size for note in held["note"]}
    places = (({"index": index, "hashes": []}, "") for index in itertools.count(start)) if is_complete else lines("proofs.jsonl")
    pairs = zip(lines("entries.jsonl"), places) if is_complete else itertools.zip_longest(lines("entries.jsonl"), places, fillvalue=(None, ""))
    for (line, what), (place, _) in pairs:
        require(line and place, "count*", "there are not as many proofs as entries")
        if not line or not place: continue
        entry, total = Entry(line, what, place["index"], place["hashes"]), total + 1
        keys.check(entry, has_proof=not is_complete)
        require(max(at + 1, start) <= entry.at < end and read_at <= entry["recorded_at"], "order", f"{what} does not come next, or is not in the range")
        is_next = entry.follows(ends[entry["stream"]]) if entry["stream"] in ends else start or entry["version"] == 0
        require(is_next or not (is_complete or whole), "stream-hole", f"{what} is not the next of its stream")
        require(is_complete or matches(entry, filters), "filter", f"{what} does not match the filters")
        ends[entry["stream"]], leaves[entry.at], edge, at = entry.end, entry.leaf, edge + [entry.leaf] * is_complete, entry.at
        while at & 1 and len(edge) > 1: edge[-2:], at = [node(*edge[-2:])], at >> 1
        if start == 0 and is_complete and entry.at + 1 in wanted: roots[entry.at + 1] = fold(edge)
        about_keys += [entry.end] if entry["stream"] == "keys" else []
        at, read_at, first, is_match = entry.at, entry["recorded_at"], min(first, entry["recorded_at"]), matches(entry, filters)
        if is_match: _, matched, _ = page.update(row("td", cells(entry)).encode() * (matched < 10_000)), matched + 1, csv.update(record(cells(entry)))
    page.update(b"</table>\n</body>\n</html>\n")
    for stamp in stamps:
        keys.check(stamp)
        try: stamped = Note(unb64(stamp["payload.checkpoint"] if stamp["type"] == "CheckpointTimestamped" else ""), stamp.what)
        except ValueError: stamped = types.SimpleNamespace(origin=None, size=0, root=b"")
        same = keys.signed(stamped) and continues(stamped.size, stamped.root, count, tree, known.get(stamped.size, []))
        require(same and (stamp["payload.size"], stamp["payload.root"]) == (stamped.size, stamped.root.hex()), "consistency*", f"{stamp.what}: not continued")
    if is_complete:
        path, made, inside = [*map(unb64, span["consistency"])], fold(edge), [entry.end for entry in history if start <= entry.at < end]
        is_range = (len(span["edge"]), span["from"], span["to"], start + total) == (bin(start).count("1"), start, end, end)
        require(is_range and (end < count or (made, path) == (tree, [])), "range-root", "the entries do not make the root of the checkpoint")
        require(end == count or continues(end, made, count, tree, path), "consistency", "the checkpoint does not continue the tree of the entries")
        is_wide = (start == 0 or first < filters.get("since", "~")) and (end == count or read_at >= filters.get("until", ""))
        require(about_keys == inside and is_wide, "grade", "keys.jsonl has other events about keys, or the time asked for may go beyond the range")
    due = manifest["entries"], manifest["matched"], end - start if is_complete else matched
    require((total, matched, total) == due, "count", f"{total} entries, of which {matched} match, are not what the manifest says")
    due = listed["entries.csv"]["sha256"], listed["report.html"]["sha256"]
    require((csv.hexdigest(), page.hexdigest()) == due, "rendering", "entries.csv or report.html shows something else than the entries")
    keys.check_held(held, leaves, roots, known)
    return grade if rules is None else check_policy(rules, "policy", note) or grade
def tlog_proof(text, what):  # index, hashes and checkpoint (C2SP)
    found = re.fullmatch("c2sp.org/tlog-proof@v1\n(?:extra .*\n)?index (0|[1-9][0-9]{0,18})((?:\n.+)*)", text.partition("\n\n")[0])
    need(found and fits(["@32 bytes"], found[2].split("\n")[1:]), f"{what}: not a tlog-proof")
    return int(found[1]), [*map(unb64, found[2].split("\n")[1:])], Note(text.partition("\n\n")[2].encode(), what)
def hold(path, held):  # adds what the reader holds, by what is in the file
    data = load(path)
    passport = canonical(data.rstrip(b"\n"), path, "passport") if data.startswith(b'{"entry"') else None
    if passport: held["root"], data = held["root"] + [unb64(passport["root_key"])], passport["proof"].encode()
    if data.startswith(b"c2sp.org/tlog-proof@"): held["proof"].append(tlog_proof(data.decode(), path))
    elif data.startswith(b"{"): held["record"].append((Entry(canonical(data.rstrip(b"\n"), path, "dsse"), path).leaf, path))
    elif b"\n\n" in data: held["note"].append(Note(data, path))
    else: held["vkey" if len(data.strip()) > 44 else "root"].append((vkey if len(data.strip()) > 44 else unb64)(data.decode().strip()))
    held["note"] += [note for *_, note in held["proof"][-1:] if data.startswith(b"c2sp")]
def main(check):
    parser, listing = argparse.ArgumentParser(description="Verifies an export or a passport of CXRLedger; see README.md."), {"action": "append", "default": []}
    for flag, how in (("path", {}), ("--expect", listing), ("--policy", {}), ("--json", {"action": "store_true"})): parser.add_argument(flag, **how)
    arguments, held = parser.parse_args(), {"root": [], "vkey": [], "note": [], "record": [], "proof": []}
    try:
        for name in arguments.expect: hold(name, held)
        path, rules = arguments.path, None if arguments.policy is None else load(arguments.policy)
        if rules is not None: check_policy(rules, arguments.policy)
        need(not path.endswith(".tar.zst"), f"unpack it first, and name the folder: tar --zstd -xf {path}")
        os.scandir(path) if check == check_export else load(path)
    except (OSError, ValueError) as error: sys.exit(f"{sys.argv[0]}: {error}")
    try: kind = check(path, held, rules)
    except (ValueError, KeyError, TypeError) as error: kind = require(False, "malformed", str(error))
    require(held["root"] or held["vkey"] or held["note"] or LOG(rules or b""), "unanchored", "only its own word says which log this is: give --expect root.pub")
    first, unknown = min(FAILED, default=len(ORDER)), [what for part in dict.fromkeys((kind or "any", "any")) for what in FORMS["not checked"][part]]
    code, status = (ORDER[first].rstrip("*"), FORMS["checks"][first][1]) if FAILED else ("verified", 0)
    checks = [f"{('passed', 'FAILED', 'not reached')[(n >= first) + (n > first)]:12}{name} ({standard}) {FAILED[n] if n == first else ''}"
              for n, (_, _, name, standard) in enumerate(FORMS["checks"])]
    text = "\n".join([*checks, *(f"not checked {what}" for what in unknown), f"{code} ({status})"])
    sys.exit(print(json.dumps({"code": code, "exit": status, "checks": checks, "not_checked": unknown}) if arguments.json else text) or status)
if __name__ == "__main__": main(check_export)
