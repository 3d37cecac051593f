"""The matrix products of the shipped model on NumPy's OpenBLAS, one thread: the part of its inference that a matrix
library could do. To be read beside "inference", which is the whole of it on our own kernels."""

import json
import os
import statistics
import sys
import time
import zipfile

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy  # noqa: E402  (reads the number of threads when it is imported)


def products(path):
    """Pixels, inputs and outputs of each convolution and dense layer; depthwise ones are no matrix product."""
    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
    # Name of a layer to (side, channels) of its output.
    shapes, found = {}, []
    for layer in layers:
        config, name = layer["config"], layer["config"]["name"]
        if layer["class_name"] == "InputLayer":
            shapes[name] = (config["batch_shape"][1], config["batch_shape"][3])
            continue
        text = json.dumps(layer["inbound_nodes"])
        origin = next(known for known in shapes if f'["{known}", ' in text)
        side, channels = shapes[origin]
        kind = layer["class_name"]
        if kind in ("Conv2D", "SeparableConv2D"):
            side = -(-side // config["strides"][0])
            taps = channels * (config["kernel_size"][0] ** 2 if kind == "Conv2D" else 1)
            found.append((side * side, taps, config["filters"]))
            channels = config["filters"]
        elif kind == "GlobalAveragePooling2D":
            side = 1
        elif kind == "Dense":
            found.append((1, channels, config["units"]))
            channels = config["units"]
        shapes[name] = (side, channels)
    return found


def seconds(pixels, inputs, outputs):
    left = numpy.random.rand(pixels, inputs).astype("float32")
    right = numpy.random.rand(inputs, outputs).astype("float32")
    target = numpy.empty((pixels, outputs), "float32")
    times = []
    for _ in range(220):
        begun = time.perf_counter()
        numpy.matmul(left, right, out=target)
        times.append(time.perf_counter() - begun)
    return statistics.median(times[20:])


total = sum(seconds(*product) for product in products(sys.argv[1]))
print(f"matrix products alone, OpenBLAS\t{1_000 * total:.2f} ms")
