"""A second model for tests of swapping: the shipped one with the bias of its output moved."""

import io
import json
import zipfile

import h5py

from harness import MODEL, check


def make(folder):
    """Writes the model and a card of its own; answers with the model's path."""
    path = folder / "shifted.keras"
    with zipfile.ZipFile(MODEL) as source, zipfile.ZipFile(path, "w") as target:
        for part in source.infolist():
            data = source.read(part)
            target.writestr(part, shifted(data) if part.filename == "model.weights.h5" else data)
    card = json.loads(MODEL.with_suffix(".json").read_text())
    del card["sha256"]
    card |= {"version": "1-shifted", "limits": ["Made for a test: its bias was moved. Not for clinical use."]}
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def shifted(weights):
    """The weight file with 0.25 added to the bias of the one-unit output layer."""
    file, found = io.BytesIO(weights), []
    with h5py.File(file, "r+") as archive:
        archive.visititems(lambda _, item: found.append(item) if getattr(item, "shape", None) == (1,) else None)
        check(len(found) == 1, "biases of one unit:", found)
        found[0][...] += 0.25
    return file.getvalue()


def register(client, path):
    """Registers it over HTTP; answers with its digest."""
    reply = client.upload("/v1/models", [
        ("model", path.name, path.read_bytes()), ("card", "card.json", path.with_suffix(".json").read_bytes())])
    return reply.expect(200, 201).json["digest"]


def check_swaps(answers, swaps):
    """Whoever began after an acknowledged swap, and was answered before the next began, had the new model.

    `answers` are (begun, ended, digest, index) of predictions, `swaps` (begun, acknowledged, digest); answers with how many
    fell between two swaps.
    """
    judged = 0
    for (_, acknowledged, due), following in zip(swaps, swaps[1:] + [(float("inf"), 0, "")]):
        for begun, ended, digest, index in answers:
            if begun > acknowledged and ended < following[0]:
                check(digest == due, "index", index, "used the model from before the swap")
                judged += 1
    check(judged > len(swaps), "too few predictions fell between two swaps:", judged)
    return judged
