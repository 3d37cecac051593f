#!/usr/bin/env python3
"""The peer: the prediction service a good team would write in an afternoon, made as fast as that gets.

    fastapi_peer.py --model MODEL.onnx --database FILE --port 8001

FastAPI on uvicorn (uvloop, httptools) with one worker; the endpoint is synchronous, so requests run in Starlette's
thread pool; Pillow decodes and resizes, onnxruntime runs the model with one thread a request. Each prediction is one
unsigned row in SQLite, durable before the reply (WAL, synchronous=FULL). It keeps no image, no proof and no index.
"""

import argparse
import hashlib
import io
import sqlite3
import threading
import time
import uuid

import numpy
import onnxruntime
import uvicorn
from fastapi import FastAPI, HTTPException, UploadFile
from PIL import Image, UnidentifiedImageError

THRESHOLD = 0.5


class Model:
    """The shipped model; one session serves all threads, as onnxruntime allows."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def probability(self, image):
        """The preprocessing of the model's card: 8-bit luminance, 160 x 160 bilinear, divided by 255."""
        small = Image.open(io.BytesIO(image)).convert("L").resize((160, 160), Image.Resampling.BILINEAR)
        pixels = numpy.asarray(small, numpy.float32)[None, :, :, None] / numpy.float32(255)
        return float(self.session.run(None, {"image": pixels})[0][0, 0])


class Rows:
    """One connection behind a lock, which in WAL mode is faster than writers that wait for each other's locks."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS predictions (id TEXT PRIMARY KEY, recorded_at REAL, image TEXT, model TEXT,"
            " probability REAL, label TEXT) WITHOUT ROWID")

    def add(self, *row):
        with self.lock:
            self.connection.execute("INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?)", row)


def service(model, rows):
    app = FastAPI()

    @app.get("/health")
    def health():
        return {"status": "healthy"}

    @app.post("/v1/predictions", status_code=201)
    def predict(image: UploadFile):
        data = image.file.read()
        try:
            probability = model.probability(data)
        except (UnidentifiedImageError, OSError) as error:
            raise HTTPException(422, "not a picture this service can read") from error
        label = "PNEUMONIA" if probability > THRESHOLD else "NORMAL"
        name, now = str(uuid.uuid4()), time.time()
        rows.add(name, now, hashlib.sha256(data).hexdigest(), "pneumonia_cnn 1", probability, label)
        return {"id": name, "prediction": label, "probability": probability, "threshold": THRESHOLD, "recorded_at": now}

    return app


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, default=8001)
    options = parser.parse_args()
    app = service(Model(options.model), Rows(options.database))
    uvicorn.run(app, host="127.0.0.1", port=options.port, loop="uvloop", http="httptools", workers=1,
                access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
