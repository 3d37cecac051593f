#!/usr/bin/env python3
"""Makes what the Imaging tests compare with, using Pillow and NumPy.

    pip install Pillow numpy
    python3 make_references.py

references.csv   for each picture of this folder that Pillow decodes: the size of the upright picture, 256 luminance
                 samples and 128 RGB samples in hexadecimal. Sample i is pixel number (i * 40503) mod (width * height).
resizes.csv      for pictures made by `pattern`: the FNV-1a hash of Pillow's bilinear resize, horizontal pass first.
samples/*.raw    the two samples, decoded as luminance and resized to 160x160 in one call, one byte a pixel.
"""
import csv
import pathlib

import numpy
from PIL import Image

HERE = pathlib.Path(__file__).parent
LIMIT = 100_000_000
Image.MAX_IMAGE_PIXELS = None

TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image):
    """Turns a JPEG as its EXIF segment says; Pillow's own exif_transpose would read XMP too."""
    if image.format != "JPEG" or "exif" not in image.info:
        return image
    exif = Image.Exif()
    try:
        exif.load(image.info["exif"])
        orientation = exif.get(0x0112)
    except Exception:
        return image
    return image.transpose(TRANSPOSITIONS[orientation]) if orientation in TRANSPOSITIONS else image


def eight_bits(image):
    """16-bit gray scaled to 8 bits; Pillow's own conversion would cut or clip."""
    if not image.mode.startswith("I"):
        return image
    values = numpy.asarray(image).astype(numpy.int64)
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(numpy.uint8))


def samples(image, mode, count):
    pixels = numpy.asarray(image.convert(mode)).reshape(image.width * image.height, -1)
    return pixels[[i * 40503 % len(pixels) for i in range(count)]].tobytes().hex()


def decoded(path):
    with Image.open(path) as image:
        if image.format not in ("PNG", "JPEG") or image.width * image.height > LIMIT:
            return None
        image.load()
        return upright(eight_bits(image))


def pattern(width, height, channels):
    y, x, c = numpy.mgrid[0:height, 0:width, 0:channels]
    pixels = ((x * x * 7 + y * x * 13 + c * 101 + (x ^ y) * 3) & 255).astype(numpy.uint8)
    return Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)


def fnv1a(data):
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = (digest ^ byte) * 0x100000001B3 % 2**64
    return digest


def main():
    with open(HERE / "references.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["file", "width", "height", "luminance", "rgb"])
        for path in sorted(HERE.glob("*/**/*")):
            if path.suffix not in (".png", ".jpg", ".jpeg"):
                continue
            try:
                image = decoded(path)
            except Exception:
                image = None
            if image is not None:
                name = path.relative_to(HERE).as_posix()
                rows.writerow([name, image.width, image.height, samples(image, "L", 256), samples(image, "RGB", 128)])
    sizes = [(1, 1), (2, 3), (7, 5), (32, 32), (33, 70), (160, 160), (224, 96), (401, 299), (1000, 37), (64, 2000)]
    targets = [(1, 1), (3, 2), (16, 16), (32, 32), (160, 160), (224, 224), (97, 301)]
    with open(HERE / "resizes.csv", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["width", "height", "channels", "new_width", "new_height", "fnv1a"])
        for width, height in sizes:
            for channels in (1, 3):
                image = pattern(width, height, channels)
                for target in targets:
                    # In two calls, because Pillow 13 begins with the vertical pass when the height shrinks by far more
                    # than the width; Pillow 12 and older, and this project, always begin with the horizontal one.
                    resized = image.resize((target[0], height), Image.Resampling.BILINEAR)
                    resized = resized.resize(target, Image.Resampling.BILINEAR)
                    rows.writerow([width, height, channels, *target, f"{fnv1a(resized.tobytes()):016x}"])
    for path in sorted((HERE / "samples").glob("*.jpeg")):
        with Image.open(path) as image:
            resized = image.convert("L").resize((160, 160), Image.Resampling.BILINEAR)
            path.with_suffix(".raw").write_bytes(resized.tobytes())


main()
