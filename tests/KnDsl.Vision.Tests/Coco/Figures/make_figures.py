"""
Makes masks.json and evaluation.json (Debian: python3-numpy):

    /usr/bin/python3 make_figures.py

What is expected comes from coco_masks.py and coco_evaluation.py, and, where a comment says so, from counting by hand.
"""
import json
import math
import os

import numpy

import coco_masks
from coco_evaluation import NAMES, Evaluation

os.chdir(os.path.dirname(os.path.abspath(__file__)))
random = numpy.random.default_rng(13)


# ---- masks

def rows(text):
    return numpy.array([[pixel == "#" for pixel in row] for row in text.split()])


def described(mask):
    counts = coco_masks.counts_of(mask)
    assert (coco_masks.mask_of(counts, *mask.shape) == mask).all()
    return {"rows": ["".join("#" if pixel else "." for pixel in row) for row in mask], "counts": counts,
            "compressed": coco_masks.compressed(counts), "area": int(mask.sum()), "box": coco_masks.box_of(mask)}


def blobs(height, width):
    y, x = numpy.mgrid[:height, :width]
    mask = numpy.zeros((height, width), dtype=bool)
    for _ in range(3):
        cy, cx, r = random.uniform(0, height), random.uniform(0, width), random.uniform(1, max(height, width) / 2)
        mask ^= (y - cy) ** 2 + (x - cx) ** 2 < r ** 2
    return mask


by_hand = {
    # Down the columns: two outside, then three inside and so on.
    "...# .##. ##..": ([2, 1, 1, 2, 1, 1, 1, 1, 2], 5, [0, 0, 4, 3]),
    "#": ([0, 1], 1, [0, 0, 1, 1]),
    ".": ([1], 0, [0, 0, 0, 0]),
    "## ##": ([0, 4], 4, [0, 0, 2, 2]),
    # A run that goes on in the next column.
    ".#. .#. ##.": ([2, 4, 3], 4, [0, 0, 2, 3]),
}
masks = []
for text, (counts, area, box) in by_hand.items():
    entry = described(rows(text))
    assert (entry["counts"], entry["area"], entry["box"]) == (counts, area, box), entry
    masks.append(entry)
# 2 is '2'; 40 = 8 + 32 is 'X' with one more group, then '1'; the fourth count less the second, 16 - 40 = -24: 8 + 32 and -1.
assert coco_masks.compressed([2, 40, 5, 16]) == "2X15" + chr(48 + 8 + 32) + chr(48 + 31)
for size in [(1, 9), (9, 1), (7, 5), (5, 7), (31, 64), (120, 90), (600, 3)]:
    for _ in range(3):
        masks.append(described(blobs(*size)))
    masks.append(described(random.random(size) < 0.5))

pairs = []
for size in [(6, 5), (20, 30), (64, 48)]:
    for _ in range(8):
        first, second = blobs(*size), blobs(*size)
        pairs.append({
            "height": size[0], "width": size[1], "first": coco_masks.counts_of(first), "second": coco_masks.counts_of(second),
            "union": coco_masks.counts_of(first | second), "intersection": coco_masks.counts_of(first & second),
            "iou": coco_masks.iou(first, second), "crowdIou": coco_masks.iou(first, second, crowd=True)})

# ---- polygons


def square(x, y, width, height):
    return [x, y, x + width, y, x + width, y + height, x, y + height]


counted = [
    # Corners between pixels: the pixels inside.
    ([1, 1, 4, 1, 4, 3, 1, 3], "..... .###. .###. .....", "a box of 3 x 2 pixels"),
    (square(0, 0, 5, 4), "##### ##### ##### #####", "the whole image"),
    # A corner at 1.6 is point 8 of the grid, past the middle of pixel 1 at 7; one at 1.4 is point 7, on the middle, which is inside.
    ([1.6, 1.6, 4, 1.6, 4, 3, 1.6, 3], "..... ..... ..##. .....", "middles left and above are outside"),
    ([1.4, 1.4, 4, 1.4, 4, 3, 1.4, 3], "..... .###. .###. .....", "middles on the edge at the left and the top are inside"),
    # At the other ends too: 3.6 is point 18 and passes the middle of pixel 3 between 17 and 18; 3.4 is point 17 and does not.
    ([1, 1, 3.6, 1, 3.6, 3, 1, 3], "..... .###. .###. .....", "past a middle at the right"),
    ([1, 1, 3.4, 1, 3.4, 3, 1, 3], "..... .##.. .##.. .....", "on a middle at the right"),
    # Below, a place on the middle of a row is the first that is outside.
    ([1, 1, 4, 1, 4, 2.4, 1, 2.4], "..... .###. ..... .....", "on a middle at the bottom"),
    (square(-3, -2, 20, 20), "##### ##### ##### #####", "larger than the image"),
    (square(-3, -2, 5, 4), "##... ##... ..... .....", "over the upper left corner"),
    (square(3, 2, 9, 9), "..... ..... ...## ...##", "over the lower right corner"),
    (square(7, 1, 2, 2), "..... ..... ..... .....", "to the right of the image"),
    (square(1, 5, 2, 2), "..... ..... ..... .....", "below the image"),
    ([1, 1, 1, 1, 4, 1, 4, 3, 4, 3, 1, 3], "..... .###. .###. .....", "corners that come twice"),
    ([2, 1, 2, 1, 2, 1], "..... ..... ..... .....", "one point"),
]
polygons = []
for corners, text, name in counted:
    assert (coco_masks.polygon(corners, 4, 5) == rows(text)).all(), (name, coco_masks.polygon(corners, 4, 5))
    polygons.append({"name": name, "height": 4, "width": 5, "corners": corners, "counts": coco_masks.counts_of(rows(text))})


def add_random(name, corners, height, width):
    counts = coco_masks.counts_of(coco_masks.polygon(corners, height, width))
    polygons.append({"name": name, "height": height, "width": width, "corners": corners, "counts": counts})


def star(x, y, radius, corners, digits=2):
    angles = numpy.sort(random.uniform(0, 2 * math.pi, corners))
    lengths = radius * random.uniform(0.4, 1, corners)
    points = numpy.stack([x + lengths * numpy.cos(angles), y + lengths * numpy.sin(angles)], axis=1)
    return [round(float(value), digits) for value in points.reshape(-1)]


for i in range(40):
    height, width = int(random.integers(3, 60)), int(random.integers(3, 60))
    add_random("crossing itself", [round(float(v), int(i % 4)) for v in random.uniform(-10, 70, 2 * int(random.integers(3, 12)))], height, width)
for i in range(40):
    height, width = int(random.integers(20, 80)), int(random.integers(20, 80))
    add_random("a star", star(random.uniform(0, width), random.uniform(0, height), random.uniform(2, 40), int(random.integers(3, 20)), i % 3),
               height, width)
for i in range(20):
    # Tenths: every corner is on the grid or in the middle between two points of it, where rounding decides.
    add_random("tenths", [round(float(v), 1) for v in random.uniform(0, 12, 8)], 12, 12)

with open("masks.json", "w") as file:
    json.dump({"masks": masks, "pairs": pairs, "polygons": polygons}, file)
    file.write("\n")

# ---- evaluation


def rectangle(box, height, width):
    x, y, w, h = box
    mask = numpy.zeros((height, width), dtype=bool)
    mask[y:y + h, x:x + w] = True
    return mask


class Set:
    """A small set: boxes of whole pixels, whose masks are the same rectangles."""

    def __init__(self, images=((1, 200, 300),), categories=(1,)):
        self.data = {"images": [{"id": i, "file_name": f"{i}.jpg", "height": h, "width": w} for i, h, w in images], "annotations": [],
                     "categories": [{"id": i, "name": f"category {i}"} for i in categories]}
        self.results = []

    def size(self, image):
        return next((entry["height"], entry["width"]) for entry in self.data["images"] if entry["id"] == image)

    def object(self, box, image=1, category=1, crowd=False, area=None, id=None):
        counts = coco_masks.counts_of(rectangle(box, *self.size(image)))
        self.data["annotations"].append({
            "id": len(self.data["annotations"]) + 1 if id is None else id, "image_id": image, "category_id": category, "bbox": box,
            "area": box[2] * box[3] if area is None else area, "iscrowd": int(crowd),
            "segmentation": {"size": list(self.size(image)), "counts": counts} if crowd else [square(*box)]})
        return self

    def found(self, box, score, image=1, category=1):
        height, width = self.size(image)
        counts = coco_masks.counts_of(rectangle(box, height, width))
        self.results.append({"image_id": image, "category_id": category, "bbox": box, "score": score,
                             "segmentation": {"size": [height, width], "counts": coco_masks.compressed(counts)},
                             "_mask": coco_masks.mask_of(counts, height, width)})
        return self


cases = []


def add(name, made, decides=(), hand=None, only_box=False):
    """decides: rules of which each changes a figure of the case if it is broken. hand: figures counted by hand."""
    figures = {kind: Evaluation(made.data, made.results, kind).figures() for kind in (["box"] if only_box else ["box", "mask"])}
    for rule in decides:
        broken = Evaluation(made.data, made.results, "box", [rule]).figures()
        assert not numpy.allclose(broken, figures["box"], atol=1e-4), (name, rule, broken)
    for figure, value in (hand or {}).items():
        for kind in figures:
            assert abs(figures[kind][NAMES.index(figure)] - value) < 1e-12, (name, kind, figure, figures[kind])
    results = [{key: value for key, value in result.items() if key != "_mask"} for result in made.results]
    cases.append({"name": name, "decides": list(decides), "annotations": made.data, "results": results, **figures})


# A box of 10 x 10 that is moved by 1 has 90 of 110 pixels in common, IoU 0.818: 7 of the 10 thresholds.
add("one object, found", Set().object([10, 10, 10, 10]).found([10, 10, 10, 10], 0.5), hand={
    "AP": 1, "AP50": 1, "AP75": 1, "APsmall": 1, "APmedium": -1, "APlarge": -1, "AR1": 1, "AR100": 1, "ARsmall": 1, "ARmedium": -1})
add("one object, almost found", Set().object([10, 10, 10, 10]).found([11, 10, 10, 10], 0.5),
    hand={"AP": 0.7, "AP50": 1, "AP75": 1, "AR1": 0.7})
add("nothing found", Set().object([10, 10, 10, 10]), hand={"AP": 0, "AR100": 0, "APlarge": -1})
add("nothing there", Set().found([10, 10, 10, 10], 0.5), hand={"AP": -1, "AR1": -1})
add("a false alarm before the object", Set().object([10, 10, 10, 10]).found([10, 10, 10, 10], 0.5).found([100, 100, 10, 10], 0.9),
    decides=["the highest score chooses first"], hand={"AP": 0.5, "AR1": 0, "AR10": 1})
add("a false alarm after the object", Set().object([10, 10, 10, 10]).found([10, 10, 10, 10], 0.5).found([100, 100, 10, 10], 0.4),
    hand={"AP": 1})
add("an image without objects", Set(images=((1, 50, 50), (2, 50, 50))).object([10, 10, 10, 10])
    .found([10, 10, 10, 10], 0.5).found([10, 10, 10, 10], 0.9, image=2), hand={"AP": 0.5, "AR1": 1})
add("the higher score takes the object with the lower overlap", Set().object([10, 10, 10, 10]).found([10, 10, 10, 10], 0.5)
    .found([10, 10, 10, 8], 0.9), decides=["the highest score chooses first", "an object is found once"], hand={"AP50": 1, "AR1": 0.7})
add("an object is found once", Set().object([10, 10, 10, 10]).object([100, 100, 10, 10]).found([10, 10, 10, 10], 0.9)
    .found([10, 10, 10, 10], 0.8).found([100, 100, 10, 10], 0.7), decides=["an object is found once"],
    hand={"AP50": (51 + 50 * 2 / 3) / 101, "AR10": 1})
# 50 of 100 pixels in common: IoU 1/2. 90 of 100: 0.9, where the threshold is a little less.
add("an overlap of exactly 0.5", Set().object([10, 10, 10, 10]).found([10, 10, 10, 5], 0.5), decides=["a threshold is reached"],
    hand={"AP": 0.1, "AP50": 1, "AP75": 0})
add("an overlap of exactly 0.75", Set().object([10, 10, 10, 20]).found([10, 10, 10, 15], 0.5), decides=["a threshold is reached"],
    hand={"AP": 0.6, "AP75": 1})
add("an overlap of exactly 0.9", Set().object([10, 10, 10, 10]).found([10, 10, 10, 9], 0.5), hand={"AP": 0.9})
add("the best of several objects", Set().object([10, 10, 10, 10]).object([12, 10, 10, 10]).found([12, 10, 10, 10], 0.9)
    .found([9, 10, 10, 10], 0.8), decides=["the best overlap is chosen"], hand={"AP50": 1})
add("of equal overlaps the last object", Set().object([10, 10, 10, 10]).object([14, 10, 10, 10]).found([12, 10, 10, 10], 0.9)
    .found([9, 10, 10, 10], 0.8), decides=["of equal overlaps the last is chosen"], hand={"AP50": 1})
add("a crowd does not count", Set().object([10, 10, 10, 10]).object([100, 20, 100, 100], crowd=True).found([10, 10, 10, 10], 0.9),
    decides=["crowds do not count"], hand={"AP": 1, "AR100": 1})
add("detections in a crowd do not count", Set().object([10, 10, 10, 10]).object([100, 20, 100, 100], crowd=True)
    .found([110, 30, 10, 10], 0.9).found([120, 40, 30, 10], 0.8).found([10, 10, 10, 10], 0.7),
    decides=["a crowd's IoU is over the detection", "a crowd is found again"], hand={"AP": 1})
# Half in the crowd: the overlap with it is 1/2, so that the detection is an alarm from 0.55 on.
add("half in a crowd", Set().object([10, 10, 10, 10]).object([100, 20, 100, 100], crowd=True).found([95, 30, 10, 10], 0.9)
    .found([10, 10, 10, 10], 0.7), hand={"AP50": 1, "AP75": 0.5, "AP": 0.55})
add("an object in a crowd is preferred", Set().object([0, 0, 100, 100], crowd=True).object([10, 10, 10, 10]).found([10, 10, 10, 8], 0.9),
    decides=["what counts is preferred"], hand={"AP50": 1, "AR1": 0.7})
add("two objects of two sizes", Set().object([10, 10, 20, 20]).object([50, 10, 50, 50]).found([10, 10, 20, 20], 0.9)
    .found([50, 10, 50, 50], 0.8), decides=["objects of another size do not count"], hand={"APsmall": 1, "APmedium": 1, "APlarge": -1})
add("an object of another size takes a detection that is not counted then", Set().object([10, 10, 33, 33]).object([100, 10, 20, 20])
    .found([10, 10, 31, 33], 0.9).found([100, 10, 20, 20], 0.8), hand={"APsmall": 0.95, "APmedium": 0.9})
add("a false alarm of another size", Set().object([10, 10, 20, 20]).found([50, 10, 100, 100], 0.9).found([10, 10, 20, 20], 0.8),
    decides=["alarms of another size do not count"], hand={"AP": 0.5, "APsmall": 1})
add("areas on the edges are of both sizes", Set().object([10, 10, 32, 32]).object([50, 10, 96, 96]).found([10, 10, 32, 32], 0.9),
    decides=["areas include their ends"], hand={"APsmall": 1, "APmedium": 51 / 101, "APlarge": 0, "ARmedium": 0.5})
add("the annotation's area, not that of its box", Set().object([10, 10, 40, 40], area=1000).found([10, 10, 40, 40], 0.9),
    decides=["the annotation's area decides"], hand={"APsmall": 1, "APmedium": -1})
# Ten, and a hundred, false alarms before the object.
many = Set().object([10, 10, 10, 10])
for i in range(10):
    many.found([20 + 15 * i, 100, 10, 10], 0.9)
add("the object is the eleventh detection", many.found([10, 10, 10, 10], 0.5), hand={"AR1": 0, "AR10": 0, "AR100": 1, "AP": 1 / 11})
many = Set().object([10, 10, 10, 10])
for i in range(100):
    many.found([20 + 2 * i, 100, 10, 10], 0.9)
add("the object is the hundred and first detection", many.found([10, 10, 10, 10], 0.5), decides=["no more than the limit"],
    hand={"AR100": 0, "AP": 0})
many = Set(categories=(1, 2)).object([10, 10, 10, 10], category=2)
for i in range(100):
    many.found([20 + 2 * i, 100, 10, 10], 0.9)
add("a hundred detections of another category", many.found([10, 10, 10, 10], 0.5, category=2),
    decides=["a category has its own hundred"], hand={"AP": 1})
add("equal scores in an image", Set().object([10, 10, 10, 10]).found([10, 10, 10, 8], 0.5).found([10, 10, 10, 10], 0.5),
    decides=["equal scores keep their order"], hand={"AR1": 0.7})
add("equal scores in several images, which the json has in another order", Set(images=((7, 50, 50), (3, 50, 50)))
    .object([10, 10, 10, 10], image=7).found([10, 10, 10, 10], 0.5, image=7).found([30, 30, 10, 10], 0.5, image=3),
    decides=["images are in the order of their ids"], hand={"AP": 0.5})
dots = Set(images=((1, 400, 400),))
for i in range(20):
    dots.object([10 + 18 * i, 10, 10, 10])
# The seventh of twenty is a recall of 0.35, and linspace's point is a little more: the last point of the first precision is 0.34.
for place, hit in enumerate(7 * [True] + [False] + 13 * [True]):
    dots.found([10 + 18 * (place - (place > 7)), 10 if hit else 300, 10, 10], 1 - 0.01 * place)
add("recalls on the points at which precision is read", dots, decides=["recalls have linspace's arithmetic"])
stairs = Set(images=((1, 400, 400),))
for i in range(7):
    stairs.object([10 + 18 * i, 10, 10, 10])
for place, hit in enumerate([1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1]):
    stairs.found([10 + 18 * place if hit else 300, 10 if hit else 20 * place, 10, 10], 1 - 0.05 * place)
add("hits and alarms in turn", stairs, decides=["precision is read at 101 recalls"])
climb = Set(images=((1, 400, 400),)).object([10, 10, 10, 10]).object([30, 10, 10, 10]).object([50, 10, 10, 10])
climb.found([300, 10, 10, 10], 0.95).found([10, 10, 10, 10], 0.9).found([30, 10, 10, 10], 0.8).found([50, 10, 10, 10], 0.7)
add("precision that rises with recall", climb, decides=["precision is the best at higher recalls"], hand={"AP": 0.75})
add("categories without objects", Set(categories=(90, 3, 17)).object([10, 10, 10, 10], category=17).found([10, 10, 10, 10], 0.9, category=17)
    .found([10, 10, 10, 10], 0.9, category=3), decides=["categories without objects are left out"], hand={"AP": 1})
add("a category of crowds alone", Set(categories=(1, 2)).object([10, 10, 10, 10]).object([50, 50, 50, 50], category=2, crowd=True)
    .found([10, 10, 10, 10], 0.9), decides=["crowds do not count"], hand={"AP": 1})
add("a category that is not found", Set(categories=(1, 2)).object([10, 10, 10, 10]).object([50, 50, 10, 10], category=2)
    .found([10, 10, 10, 10], 0.9), hand={"AP": 0.5})
add("another category is an alarm", Set(categories=(1, 2)).object([10, 10, 10, 10]).object([50, 50, 10, 10], category=2)
    .found([10, 10, 10, 10], 0.9, category=2).found([50, 50, 10, 10], 0.8, category=2), hand={"AP": 0.25})
add("an annotation with the id 0", Set().object([10, 10, 10, 10], id=0).found([10, 10, 10, 10], 0.9), hand={"AP": 1})
add("detections that do not count before any that does", Set().object([100, 20, 100, 100], crowd=True).object([10, 10, 10, 10])
    .found([110, 30, 10, 10], 0.9).found([10, 10, 10, 10], 0.8).found([50, 10, 10, 10], 0.7), hand={"AP": 1})

# 4.5 of 5 in width; rounding makes it 0.8999999999999999, as linspace's threshold is.
edge = Set()
edge.data["annotations"].append({"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 5.0, 5.6], "area": 28.0, "iscrowd": 0})
edge.results.append({"image_id": 1, "category_id": 1, "bbox": [10, 10, 4.5, 5.6], "score": 0.5})
add("an overlap a rounding less than 0.9", edge, decides=["thresholds have linspace's arithmetic"], hand={"AP": 0.9}, only_box=True)
# Boxes of four of COCO's images, and of its example of results for them; its own program printed these figures, to three digits.
examples = Set(images=tuple((i, 640, 640) for i in [42, 73, 74, 133]), categories=range(6))
for image, category, box in [
        (42, 4, [214.15, 41.29, 348.26, 243.78]), (73, 2, [13.0, 22.75, 535.98, 609.67]), (73, 2, [1.66, 3.32, 268.6, 271.91]),
        (74, 4, [61.87, 276.25, 296.42, 103.18]), (74, 1, [2.75, 3.66, 159.4, 312.4]), (74, 0, [295.55, 93.96, 18.42, 58.83]),
        (74, 0, [326.94, 97.05, 13.55, 25.93]), (74, 0, [356.62, 95.47, 15.71, 52.08]), (74, 0, [462.08, 105.09, 31.66, 41.9]),
        (74, 0, [277.11, 103.84, 15.33, 46.88]), (133, 5, [13.99, 2.87, 626.01, 418.65])]:
    examples.data["annotations"].append({"id": len(examples.data["annotations"]) + 1, "image_id": image, "category_id": category,
                                         "bbox": box, "area": box[2] * box[3], "iscrowd": 0})
for image, category, score, box in [
        (42, 4, 0.236, [258.15, 41.29, 348.26, 243.78]), (73, 3, 0.318, [61.0, 22.75, 504.0, 609.67]),
        (73, 2, 0.726, [12.66, 3.32, 268.6, 271.91]), (74, 4, 0.546, [87.87, 276.25, 296.42, 103.18]),
        (74, 1, 0.3, [0.0, 3.66, 142.15, 312.4]), (74, 0, 0.407, [296.55, 93.96, 18.42, 58.83]),
        (74, 0, 0.611, [328.94, 97.05, 13.55, 25.93]), (74, 0, 0.335, [356.62, 95.47, 15.71, 52.08]),
        (74, 0, 0.805, [464.08, 105.09, 31.66, 41.9]), (74, 0, 0.953, [276.11, 103.84, 15.33, 46.88]),
        (133, 5, 0.699, [0.0, 2.87, 601.0, 418.65])]:
    examples.results.append({"image_id": image, "category_id": category, "bbox": box, "score": score})
add("COCO's examples", examples, only_box=True)
printed = [0.706, 0.901, 0.846, 0.689, 0.800, 0.701, 0.592, 0.716, 0.716, 0.767, 0.800, 0.700]
assert numpy.allclose(cases[-1]["box"], printed, atol=5.1e-4), cases[-1]["box"]


def random_set(images, objects, categories, side, score_digits):
    made = Set(images=tuple((int(i), int(random.integers(side // 2, side)), int(random.integers(side // 2, side)))
                            for i in random.permutation(10 * images)[:images]), categories=categories)
    for entry in made.data["images"]:
        image, height, width = entry["id"], entry["height"], entry["width"]
        for _ in range(int(random.integers(0, objects + 1))):
            radius = float(random.choice([5, 12, 20, 40, 70], p=[0.2, 0.3, 0.2, 0.2, 0.1]))
            x, y = random.uniform(0, width), random.uniform(0, height)
            corners = star(x, y, radius, int(random.integers(4, 12)))
            corners = [min(max(v, 0.0), float((width, height)[i % 2])) for i, v in enumerate(corners)]
            mask = coco_masks.polygon(corners, height, width)
            if not mask.any():
                continue
            xs, ys = corners[::2], corners[1::2]
            box = [min(xs), min(ys), round(max(xs) - min(xs), 2), round(max(ys) - min(ys), 2)]
            category, crowd = int(random.choice(categories)), bool(random.random() < 0.12)
            outline = {"size": [height, width], "counts": coco_masks.counts_of(mask)} if crowd else [corners]
            if crowd and random.random() < 0.5:
                outline = {"size": [height, width], "counts": coco_masks.compressed(outline["counts"]), "_mask": mask}
            made.data["annotations"].append({
                "id": len(made.data["annotations"]) + 100, "image_id": image, "category_id": category, "bbox": box,
                "area": float(mask.sum()) + round(float(random.uniform(0, 0.5)), 3), "iscrowd": int(crowd), "segmentation": outline})
            if "_mask" in outline:
                made.data["annotations"][-1]["_mask"] = outline.pop("_mask")
            for _ in range(int(random.integers(0, 4))):
                noise = random.choice([0.02, 0.08, 0.3])
                shifted = [v + float(random.normal(0, noise * radius)) for v in corners]
                guess = coco_masks.polygon(shifted, height, width)
                xs, ys = shifted[::2], shifted[1::2]
                guess_box = [round(v, 3) for v in (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))]
                made.results.append({
                    "image_id": image, "category_id": category if random.random() < 0.9 else int(random.choice(categories)),
                    "bbox": guess_box, "score": round(float(random.beta(2, 2)), score_digits),
                    "segmentation": {"size": [height, width], "counts": coco_masks.compressed(coco_masks.counts_of(guess))}, "_mask": guess})
    random.shuffle(made.results)
    return made


def add_random_set(name, made):
    figures = {kind: Evaluation(made.data, made.results, kind).figures() for kind in ["box", "mask"]}
    for entry in made.data["annotations"] + made.results:
        entry.pop("_mask", None)
    cases.append({"name": name, "decides": [], "annotations": made.data, "results": made.results, **figures})


add_random_set("random, one category", random_set(20, 8, (1,), 200, 2))
add_random_set("random, few categories", random_set(25, 8, (2, 5, 11), 240, 3))
add_random_set("random, many equal scores", random_set(15, 10, (1, 2), 160, 1))
add_random_set("random, rare categories", random_set(12, 5, tuple(range(1, 60, 4)), 200, 3))
add_random_set("random, crowded images", random_set(4, 40, (1, 2), 260, 2))

with open("evaluation.json", "w") as file:
    json.dump(cases, file)
    file.write("\n")
rules = sorted({rule for case in cases for rule in case["decides"]})
print(f"{len(masks)} masks, {len(pairs)} pairs, {len(polygons)} polygons, {len(cases)} sets; rules that decide: {len(rules)}")
