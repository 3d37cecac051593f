#!/usr/bin/env python3
"""Verifies a prediction passport of CXRLedger without CXRLedger, with what verify_export.py beside it knows: see README.md."""
import hmac
from verify_export import (FORMS, Entry, Keys, b64, canonical, check_policy, fits, load, main, need, proven, require, sha, tlog_proof, unb64)

def check_passport(path, held, rules):
    passport = canonical(load(path), path, "passport")
    (index, hashes, note), name, image = tlog_proof(passport["proof"], "proof"), passport["prediction"], passport.get("image")
    need(index == passport["index"] and "\nextra " not in passport["proof"], "index: another one than the proof's")
    entry, model = Entry(passport["entry"], "the prediction", index, map(b64, hashes)), proven((passport["model"], "the model"))
    history, reviews = ([proven((line, f"{part}[{n}]")) for n, line in enumerate(passport[part])] for part in ("keys", "reviews"))
    keys = Keys(unb64(passport["root_key"]), passport["origin"], note.size, note.root, history, note)
    for one in (entry, model, *reviews): keys.check(one)
    facts = entry["type"], entry["stream"], entry["version"], entry["payload.prediction"], model["type"], model["payload.digest"]
    due = "PredictionRecorded", f"prediction/{name}", 0, name, "ModelRegistered", entry["payload.model.digest"]
    is_card = "model_card" not in passport or sha(unb64(passport["model_card"])).hex() == model["payload.card_digest"]
    is_image = not image or (hmac.digest(unb64(image["commit_key"]), unb64(image["bytes"]), "sha256").hex(), image["sealed_digest"]) == (
        entry["payload.image.commit"], entry["payload.image.blob"])
    require(facts == due, "filter*", "it is not about this prediction and its model")
    require(is_card and is_image, "file-digest*", "the model's card or the picture is another one")
    for before, one in zip([entry, *reviews], reviews):
        require(one["stream"] == entry["stream"], "filter*", f"{one.what} is of another prediction")
        require(one.at > before.at, "order", f"{one.what} does not come after the one before it")
        require(one.follows(before.end), "stream-hole", f"{one.what} is not the next of its prediction")
    keys.check_held(held, {one.at: one.leaf for one in (entry, model, *reviews)}, {}, {})
    if rules is not None: check_policy(rules, "policy", note)
    return "passport"


if __name__ == "__main__": main(check_passport)
