"""The shipped model on forty radiographs: Keras's probabilities, and the same bits however the work is cut up."""

import json

from harness import SAMPLES, SCRATCH, answer, check, program, say

TOLERANCE = 2e-3
HOME = SCRATCH / "home"


def predictions(**settings):
    """The scores of all samples by file."""
    batch = answer(HOME, "predict", SAMPLES, **settings)
    check(not batch["refused"], "refused:", batch["refused"])
    return {str(line["file"]).removeprefix(f"{SAMPLES}/"): line for line in batch["predictions"]}


def main():
    with program():
        golden = {line["file"]: line for line in json.loads((SAMPLES / "pneumonia_cnn_v1.golden.json").read_text())}
        check(len(golden) == 40, "golden probabilities", len(golden))
        first = None
        for batch in (1, 3, 8):
            for workers in (1, 2):
                found = predictions(BATCH_SIZE=batch, API_WORKERS=workers)
                check(found.keys() == golden.keys(), "other files:", found.keys() ^ golden.keys())
                scores = {file: line["scores"] for file, line in found.items()}
                first = first or (found, scores)
                check(scores == first[1], "batch", batch, "and", workers, "workers change bits")
                check(not any(line["cached"] for line in found.values()), "a score came from the cache")
        worst = max(abs(line["probability"] - golden[file]["probability"]) for file, line in first[0].items())
        check(worst <= TOLERANCE, "a probability is", worst, "from Keras's")
        wrong = sorted(file for file, line in first[0].items() if line["prediction"] != golden[file]["label"])
        check(
            wrong == ["PNEUMONIA/person562_bacteria_2332.jpeg", "PNEUMONIA/person813_virus_1449.jpeg"],
            "other labels are wrong than Keras's:", wrong)
        say(f"40 samples within {worst:.2e} of Keras; the same bits in 6 runs")
        report = answer(HOME, "reproduce", "--all", BATCH_SIZE=5)
        check(report["same"] == 240 and not report["different"] and not report["failed"], "reproduce:", report["same"])
        say("240 predictions reproduced with the same bits")


main()
