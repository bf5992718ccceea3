"""Makes the images in this folder, with PIL as the oracle (Debian: python3-pil python3-numpy libturbojpeg0):

    /usr/bin/python3 make_figures.py

source.png and what PIL makes of it, as figures.json lists; and files of several kinds, each with a .png of the pixels that PIL reads.
"""
import ctypes
import json
import math
import os
import random as python_random
import struct
import zlib

import numpy
from PIL import Image, ImageEnhance, features

os.chdir(os.path.dirname(os.path.abspath(__file__)))
FILTERS = {"Bilinear": Image.BILINEAR, "Bicubic": Image.BICUBIC}
random = numpy.random.default_rng(12)


def picture(width, height, noise):
    """Slopes and a disc, with noise: every kind of neighbourhood that a filter can meet."""
    y, x = numpy.mgrid[0:height, 0:width]
    disc = ((x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (height * 0.3) ** 2) * 120
    planes = [255 * x / width, 255 * y / height, 80 + disc]
    values = numpy.stack(planes, axis=2) + noise * random.standard_normal((height, width, 3))
    return Image.fromarray(values.clip(0, 255).astype(numpy.uint8))


source = picture(97, 61, noise=60)
source.save("source.png")
figures = {"pillow": features.version("pil"), "jpeg": features.version("libjpeg_turbo"), "resize": [], "adjust": [], "centerCrop": []}

box = (10.25, 5.5, 80.75, 50.125)
for name, width, height, part in [
        ("smaller", 40, 30, None), ("larger", 130, 80, None), ("box", 33, 29, box), ("larger-box", 90, 70, box), ("tiny", 7, 5, None),
        ("one", 1, 1, None), ("flatter", 97, 20, None), ("narrower", 20, 61, None), ("edge", 16, 16, (60, 30, 97, 61))]:
    for filter in FILTERS:
        file = f"resize-{name}-{filter.lower()}.png"
        source.resize((width, height), FILTERS[filter], box=part, reducing_gap=None).save(file)
        figures["resize"].append({"file": file, "width": width, "height": height, "filter": filter, "box": part})

corner = (20, 10, 52, 42)
for kind, enhancer in [("Brightness", ImageEnhance.Brightness), ("Contrast", ImageEnhance.Contrast), ("Saturation", ImageEnhance.Color)]:
    for factor in [0.0, 0.45, 1.0, 1.8]:
        file = f"{kind.lower()}-{factor}.png"
        enhancer(source.crop(corner)).enhance(factor).save(file)
        figures["adjust"].append({"file": file, "kind": kind, "factor": factor})

# torchvision's Resize and CenterCrop, in its arithmetic; it adds black where the image is smaller than the crop.
for resize, crop in [(40, 32), (35, 35), (20, 28), (61, 33)]:
    file = f"centercrop-{resize}-{crop}.png"
    image = source.resize((int(resize * source.width / source.height), resize), Image.BILINEAR)
    if crop > image.height or crop > image.width:
        left, top = max(crop - image.width, 0) // 2, max(crop - image.height, 0) // 2
        padded = Image.new("RGB", (max(crop, image.width), max(crop, image.height)))
        padded.paste(image, (left, top))
        image = padded
    top, left = int(round((image.height - crop) / 2.0)), int(round((image.width - crop) / 2.0))
    image.crop((left, top, left + crop, top + crop)).save(file)
    figures["centerCrop"].append({"file": file, "resize": resize, "crop": crop})

smooth = picture(67, 45, noise=0)


def save_ycck(name, image, subsampling=0):
    """PIL writes CMYK as it is; libturbojpeg turns it into YCCK, as Adobe's programs do. Inks are inverted in the file."""
    library = ctypes.CDLL("libturbojpeg.so.0")
    library.tjInitCompress.restype = ctypes.c_void_p
    inks = (255 - numpy.asarray(image)).astype(numpy.uint8).tobytes()
    bytes, size = ctypes.POINTER(ctypes.c_ubyte)(), ctypes.c_ulong()
    handle = ctypes.c_void_p(library.tjInitCompress())
    if library.tjCompress2(handle, inks, image.width, 0, image.height, 11, ctypes.byref(bytes), ctypes.byref(size), subsampling, 92, 0):
        raise OSError("libturbojpeg did not write YCCK")
    with open(name, "wb") as file:
        file.write(ctypes.string_at(bytes, size.value))


def save_without_adobe(name, original):
    """A CMYK file of a program that does not name itself: PIL takes its inks for inverted all the same."""
    with open(original, "rb") as file:
        contents = file.read()
    assert contents[2:4] == b"\xff\xee" and contents[6:11] == b"Adobe"
    with open(name, "wb") as file:
        file.write(contents[:2] + contents[4 + struct.unpack(">H", contents[4:6])[0]:])


def save_interlaced(name, image):
    """PIL reads interlaced PNG and does not write it."""
    def chunk(name, contents):
        return struct.pack(">I", len(contents)) + name + contents + struct.pack(">I", zlib.crc32(name + contents))

    levels = numpy.asarray(image)
    rows = b""
    for x, y, across, down in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        rows += b"".join(b"\0" + row.tobytes() for row in levels[y::down, x::across])
    with open(name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1))
                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


smooth.save("baseline.jpg", quality=92, subsampling=2)
smooth.save("fullcolor.jpg", quality=92, subsampling=0)
smooth.save("progressive.jpg", quality=92, progressive=True)
smooth.convert("L").save("grey.jpg", quality=92)
smooth.convert("CMYK").save("cmyk.jpg", quality=92)
save_ycck("ycck.jpg", smooth.convert("CMYK"))
save_ycck("ycck-half.jpg", smooth.convert("CMYK"), subsampling=2)
save_without_adobe("cmyk-unnamed.jpg", "cmyk.jpg")
smooth.convert("P", palette=Image.ADAPTIVE).save("palette.png")
smooth.convert("L").save("grey.png")
alpha = smooth.copy()
alpha.putalpha(smooth.convert("L"))
alpha.save("alpha.png")
save_interlaced("interlaced.png", smooth.crop((0, 0, 21, 13)))
smooth.save("bitmap.bmp")
smooth.convert("L").save("grey.pgm")
smooth.save("color.ppm")
for file, levels in [("digits.pgm", smooth.convert("L").crop((0, 0, 20, 15))), ("digits.ppm", smooth.crop((0, 0, 20, 15)))]:
    with open(file, "w") as text:
        text.write(f"P{2 if levels.mode == 'L' else 3}\n# in digits\n{levels.width} {levels.height}\n255\n")
        text.write(" ".join(str(level) for level in numpy.asarray(levels).reshape(-1)) + "\n")
smooth.save("lossless.webp", lossless=True)
smooth.save("packed.tif", compression="tiff_deflate")
figures["decode"] = ["baseline.jpg", "fullcolor.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "cmyk-unnamed.jpg", "ycck.jpg",
                     "ycck-half.jpg", "palette.png", "grey.png", "alpha.png", "interlaced.png", "bitmap.bmp", "grey.pgm", "color.ppm", "digits.pgm", "digits.ppm", "lossless.webp", "packed.tif"]
for file in figures["decode"]:
    Image.open(file).convert("RGB").save(f"{file}.png")


def draw(width, height):
    """torchvision's RandomResizedCrop.get_params at its defaults, without torch: upper and left edge, height, width."""
    for _ in range(10):
        area = width * height * python_random.uniform(0.08, 1.0)
        aspect = math.exp(python_random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = int(round(math.sqrt(area * aspect))), int(round(math.sqrt(area / aspect)))
        if 0 < w <= width and 0 < h <= height:
            return python_random.randint(0, height - h), python_random.randint(0, width - w), h, w
    h, w = height, int(round(height * 4 / 3)) if width / height > 4 / 3 else width
    return (height - h) // 2, (width - w) // 2, h, w


python_random.seed(1)
crops = numpy.array([draw(500, 375) for _ in range(200_000)], dtype=float)
figures["crop"] = {"area": (crops[:, 2] * crops[:, 3]).mean() / (500 * 375), "left": crops[:, 1].mean(), "top": crops[:, 0].mean()}

with open("figures.json", "w") as file:
    json.dump(figures, file, indent=1)
    file.write("\n")
