"""
COCO's twelve figures, written plainly from the description of the evaluation (https://cocodataset.org/#detection-eval): every figure is
computed by itself, and nothing is shared between areas, thresholds and limits. A rule can be broken by its name, to show that a case
depends on it.
"""
import numpy

import coco_masks

IOU_THRESHOLDS = numpy.linspace(0.5, 0.95, 10)
RECALL_THRESHOLDS = numpy.linspace(0, 1, 101)
AREAS = {"all": (0, 1e10), "small": (0, 32 ** 2), "medium": (32 ** 2, 96 ** 2), "large": (96 ** 2, 1e10)}
NAMES = ["AP", "AP50", "AP75", "APsmall", "APmedium", "APlarge", "AR1", "AR10", "AR100", "ARsmall", "ARmedium", "ARlarge"]


def box_iou(detection, truth, crowd):
    (ax, ay, aw, ah), (bx, by, bw, bh) = detection, truth
    width, height = min(ax + aw, bx + bw) - max(ax, bx), min(ay + ah, by + bh) - max(ay, by)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (aw * ah if crowd else aw * ah + bw * bh - common)


class Evaluation:
    def __init__(self, data, results, kind, broken=()):
        self.data, self.kind, self.broken = data, kind, set(broken)
        self.sizes = {image["id"]: (image["height"], image["width"]) for image in data["images"]}
        self.images = [image["id"] for image in data["images"]]
        self.thresholds = IOU_THRESHOLDS
        if "thresholds have linspace's arithmetic" in self.broken:
            self.thresholds = [i / 20 for i in range(10, 20)]
        if "images are in the order of their ids" not in self.broken:
            self.images.sort()
        self.objects, self.detections = {}, {}
        for entries, places in [(data["annotations"], self.objects), (results, self.detections)]:
            for entry in entries:
                entry = dict(entry)
                if kind == "mask":
                    entry["mask"] = self.mask(entry)
                places.setdefault((entry["image_id"], entry["category_id"]), []).append(entry)
        self.overlaps = {}

    def mask(self, entry):
        height, width = self.sizes[entry["image_id"]]
        outline = entry["segmentation"]
        if isinstance(outline, list):
            return numpy.any([coco_masks.polygon(polygon, height, width) for polygon in outline], axis=0)
        return entry["_mask"] if "_mask" in entry else coco_masks.mask_of(outline["counts"], height, width)

    def iou(self, detection, truth):
        crowd = bool(truth.get("iscrowd", 0)) and "a crowd's IoU is over the detection" not in self.broken
        key = id(detection), id(truth)
        if key not in self.overlaps:
            self.overlaps[key] = (box_iou(detection["bbox"], truth["bbox"], crowd) if self.kind == "box"
                                  else coco_masks.iou(detection["mask"], truth["mask"], crowd))
        return self.overlaps[key]

    def area(self, detection):
        return int(detection["mask"].sum()) if self.kind == "mask" else detection["bbox"][2] * detection["bbox"][3]

    def is_in(self, area, range_name):
        least, most = AREAS[range_name]
        if "areas include their ends" in self.broken:
            return least <= area < most
        return least <= area <= most

    def counts(self, truth, range_name):
        crowd = truth.get("iscrowd", 0) and "crowds do not count" not in self.broken
        area = truth["area"]
        if "the annotation's area decides" in self.broken:
            area = truth["bbox"][2] * truth["bbox"][3]
        if "objects of another size do not count" in self.broken:
            return not crowd
        return not crowd and self.is_in(area, range_name)

    def match(self, image, category, range_name, threshold, limit):
        """For each detection that is looked at its score and whether it is a hit, an alarm or nothing."""
        objects = self.objects.get((image, category), [])
        detections = list(self.detections.get((image, category), []))
        if "equal scores keep their order" in self.broken:
            detections.reverse()
        if "a category has its own hundred" in self.broken:
            others = [d for (i, c), ds in self.detections.items() if i == image and c != category for d in ds]
            limit = max(0, limit - sum(d["score"] > min((e["score"] for e in detections), default=0) for d in others))
        if "the highest score chooses first" not in self.broken:
            detections.sort(key=lambda detection: -detection["score"])
        free = {i for i in range(len(objects))}
        found = []
        for detection in detections[:None if "no more than the limit" in self.broken else limit]:
            best = None
            # First those that count; those that do not only if none of them is left.
            for wanted in [True, False]:
                pool = [i for i in range(len(objects)) if self.counts(objects[i], range_name) == wanted]
                if "what counts is preferred" in self.broken:
                    pool = list(range(len(objects)))
                if "an object is found once" not in self.broken:
                    crowd_again = "a crowd is found again" not in self.broken
                    pool = [i for i in pool if i in free or (objects[i].get("iscrowd", 0) and crowd_again)]
                least = min(threshold, 1 - 1e-10)
                overlaps = [(self.iou(detection, objects[i]), i) for i in pool]
                if "a threshold is reached" in self.broken:
                    overlaps = [pair for pair in overlaps if pair[0] > least]
                else:
                    overlaps = [pair for pair in overlaps if pair[0] >= least]
                if overlaps:
                    if "the best overlap is chosen" in self.broken:
                        best = overlaps[0][1]
                    elif "of equal overlaps the last is chosen" in self.broken:
                        best = max(overlaps, key=lambda pair: (pair[0], -pair[1]))[1]
                    else:
                        best = max(overlaps)[1]
                    break
            if best is not None:
                free.discard(best)
                kind = "hit" if self.counts(objects[best], range_name) else "nothing"
            else:
                small = self.is_in(self.area(detection), range_name) or "alarms of another size do not count" in self.broken
                kind = "alarm" if small else "nothing"
            found.append((detection["score"], kind))
        return found

    def curve(self, category, range_name, threshold, limit):
        """Hits and alarms in the order of scores, and the number of objects; None without an object."""
        total = sum(self.counts(truth, range_name) for image in self.images for truth in self.objects.get((image, category), []))
        if total == 0:
            return None
        found = [pair for image in self.images for pair in self.match(image, category, range_name, threshold, limit)]
        found.sort(key=lambda pair: -pair[0])
        kinds = [kind for _, kind in found]
        hits = numpy.cumsum([kind == "hit" for kind in kinds])
        alarms = numpy.cumsum([kind == "alarm" for kind in kinds])
        return hits, alarms, total

    def precision(self, category, range_name, threshold):
        curve = self.curve(category, range_name, threshold, 100)
        if curve is None:
            return None
        hits, alarms, total = curve
        points = RECALL_THRESHOLDS
        if "recalls have linspace's arithmetic" in self.broken:
            points = [i / 100 for i in range(101)]
        if "precision is read at 101 recalls" in self.broken:
            points = [i / 10 for i in range(11)]
        values = []
        for recall in points:
            reached = [i for i in range(len(hits)) if hits[i] / total >= recall]
            if "precision is the best at higher recalls" in self.broken:
                reached = reached[:1]
            values.append(max((hits[i] / (hits[i] + alarms[i]) if hits[i] else 0.0 for i in reached), default=0.0))
        return sum(values) / len(values)

    def recall(self, category, range_name, limit):
        curves = [self.curve(category, range_name, threshold, limit) for threshold in self.thresholds]
        if curves[0] is None:
            return None
        return sum((hits[-1] if len(hits) else 0) / total for hits, _, total in curves) / len(curves)

    def mean(self, figure):
        values = [figure(category["id"]) for category in self.data["categories"]]
        if "categories without objects are left out" in self.broken:
            values = [value or 0 for value in values]
        values = [value for value in values if value is not None]
        return float(sum(values) / len(values)) if values else -1.0

    def average_precision(self, range_name, thresholds):
        def figure(category):
            values = [self.precision(category, range_name, threshold) for threshold in thresholds]
            return None if values[0] is None else sum(values) / len(values)
        return self.mean(figure)

    def figures(self):
        return [
            self.average_precision("all", self.thresholds), self.average_precision("all", self.thresholds[:1]),
            self.average_precision("all", self.thresholds[5:6]),
            *(self.average_precision(name, self.thresholds) for name in ["small", "medium", "large"]),
            *(self.mean(lambda category: self.recall(category, "all", limit)) for limit in [1, 10, 100]),
            *(self.mean(lambda category: self.recall(category, name, 100)) for name in ["small", "medium", "large"]),
        ]
