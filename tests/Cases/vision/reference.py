"""Makes the figures that KnDsl.Vision is compared with: `boxes.json`, `nms.json` and so on, beside this script.

    /usr/bin/python3 reference.py           all
    /usr/bin/python3 reference.py boxes     one or several

Needs PyTorch and torchvision (made with Debian 12's python3-torch 1.13 and python3-torchvision 0.14); the tests that read the
figures need neither. README.md describes the format.
"""

import json
import math
import pathlib
import sys

import torch
import torchvision
from torchvision import ops
from torchvision.models.detection import _utils, anchor_utils, image_list, retinanet, roi_heads, rpn, transform
from torchvision.ops import poolers

HERE = pathlib.Path(__file__).resolve().parent


# --- writing -----------------------------------------------------------------------------------------------------------

def number(value):
    """As few digits as bring the same value back."""
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(str(value).replace("inf", "Infinity").replace("nan", "NaN"))
    return json.dumps(value)


def short(value):
    """The shortest decimal fraction that is this 32-bit value."""
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if torch.tensor(float(text), dtype=torch.float32).item() == value:
            return text
    return repr(value)


def text(value):
    if isinstance(value, torch.Tensor):
        flat = value.detach().flatten().tolist()
        if value.dtype == torch.bool:
            flat = [int(v) for v in flat]
        plain = value.dtype == torch.float32
        values = ",".join(short(v) if plain and math.isfinite(v) else number(v) for v in flat)
        name = str(value.dtype).removeprefix("torch.")
        return f'{{"type": "{name}", "shape": {json.dumps(list(value.shape))}, "values": [{values}]}}'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(text(v) for v in value) + "]"
    if isinstance(value, bool) or isinstance(value, str):
        return json.dumps(value)
    return number(value)


def write(name, cases):
    lines = ["{", f'  "made_with": "torchvision {torchvision.__version__}, torch {torch.__version__}",', '  "cases": {']
    for i, (case, entries) in enumerate(cases.items()):
        lines.append(f"    {json.dumps(case)}: {{")
        lines.append(",\n".join(f"      {json.dumps(key)}: {text(value)}" for key, value in entries.items()))
        lines.append("    }" + ("," if i + 1 < len(cases) else ""))
    lines += ["  }", "}"]
    path = HERE / f"{name}.json"
    path.write_text("\n".join(lines) + "\n")
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size:,} bytes")


def random_boxes(count, size, generator, least=0.0):
    """Boxes in a square image, of quarter pixels, so that they are short to write."""
    middles = torch.rand(count, 2, generator=generator) * size
    halves = torch.rand(count, 2, generator=generator) * size / 3 + least
    boxes = torch.cat([middles - halves, middles + halves], 1)
    return (boxes * 4).round() / 4


def random_values(*shape, generator, digits=3):
    return (torch.randn(*shape, generator=generator) * 10 ** digits).round() / 10 ** digits


# --- boxes -------------------------------------------------------------------------------------------------------------

def boxes():
    g = torch.Generator().manual_seed(1)
    a, b = random_boxes(7, 60, g), random_boxes(5, 60, g, 2)
    a[6] = a[5]
    a[6, 2] = a[6, 0]  # without area
    cases = {
        "area": {"boxes": a, "area": ops.box_area(a)},
        "area of whole numbers": {"boxes": a.to(torch.int16) * 400, "area": ops.box_area(a.to(torch.int16) * 400)},
        "clip": {"boxes": a, "height": 40, "width": 50, "clipped": ops.clip_boxes_to_image(a, (40, 50))},
        "small": {"boxes": a, "size": 15.0, "kept": ops.remove_small_boxes(a, 15.0)},
        "iou": {"boxes": a, "others": b, "iou": ops.box_iou(a, b), "generalized": ops.generalized_box_iou(a, b)},
        "iou of whole numbers": {"boxes": a.int(), "others": b.int(), "iou": ops.box_iou(a.int(), b.int()),
                                 "generalized": ops.generalized_box_iou(a.int(), b.int())},
        "iou with none": {"boxes": a[:0], "others": b, "iou": ops.box_iou(a[:0], b),
                          "generalized": ops.generalized_box_iou(a[:0], b)},
    }
    formats = ["xyxy", "xywh", "cxcywh"]
    cases["convert"] = {"boxes": a, **{f"{f} to {t}": ops.box_convert(a, f, t) for f in formats for t in formats}}
    cases["resize"] = {"boxes": a, "from": [60, 70], "to": [101, 90], "resized": transform.resize_boxes(a, [60, 70], [101, 90])}
    masks = torch.zeros(3, 6, 9)
    masks[0, 2:4, 3:8] = 1
    masks[1, 0, 0] = 1
    masks[2, 5, 2] = masks[2, 1, 8] = 1
    cases["of masks"] = {"masks": masks.byte(), "boxes": ops.masks_to_boxes(masks)}

    for weights in [(1.0, 1.0, 1.0, 1.0), (10.0, 10.0, 5.0, 5.0)]:
        coder = _utils.BoxCoder(weights)
        proposals, objects = random_boxes(6, 80, g, 1), random_boxes(6, 80, g, 1)
        codes = random_values(6, 12, generator=g) * 4
        codes[0, 2], codes[1, 3], codes[2, 6] = 30, 4.2, -30  # beyond the limit of sizes, near it, and small
        cases[f"code {weights[0]:g}"] = {
            "weights": list(weights), "proposals": proposals, "objects": objects, "codes": codes,
            "encoded": coder.encode_single(objects, proposals), "decoded": coder.decode_single(codes, proposals)}

    def anchors(name, sizes, ratios, height, width, maps):
        generator = anchor_utils.AnchorGenerator(sizes, ratios)
        images = image_list.ImageList(torch.zeros(1, 3, height, width), [(height, width)])
        features = [torch.zeros(1, 2, h, w) for h, w in maps]
        cases[f"anchors {name}"] = {"sizes": sizes, "ratios": ratios, "height": height, "width": width, "maps": maps,
                                    "anchors": generator(images, features)[0]}

    anchors("of one map", ((32, 64),), ((0.5, 1.0, 2.0),), 64, 96, [(2, 3)])
    anchors("whose strides are rounded", ((8,), (16, 20.5)), ((0.5, 1.0, 3.0), (1.0,)), 50, 75, [(7, 8), (3, 4)])
    sizes = tuple((x, int(x * 2 ** (1 / 3)), int(x * 2 ** (2 / 3))) for x in [32, 64, 128, 256, 512])
    anchors("of RetinaNet", sizes, ((0.5, 1.0, 2.0),) * 5, 128, 64, [(4, 2), (2, 1), (1, 1), (1, 1), (1, 1)])

    objects, proposals = random_boxes(4, 60, g, 5), random_boxes(40, 60, g, 3)
    proposals[7] = objects[2]
    proposals[8] = proposals[9]  # a tie
    quality = ops.box_iou(objects, proposals)
    for high, low, allow in [(0.5, 0.4, False), (0.5, 0.4, True), (0.7, 0.3, True), (0.5, 0.5, False)]:
        matches = _utils.Matcher(high, low, allow)(quality)
        cases[f"match {high} {low} {allow}"] = {"high": high, "low": low, "allow": allow, "quality": quality, "matches": matches}
    apart = torch.tensor([[0.0, 0.0, 0.3], [0.6, 0.45, 0.3]])  # an object that nothing meets takes all that have 0
    cases["match nothing"] = {"high": 0.5, "low": 0.4, "allow": True, "quality": apart,
                              "matches": _utils.Matcher(0.5, 0.4, True)(apart)}
    write("boxes", cases)


# --- nms ---------------------------------------------------------------------------------------------------------------

def nms():
    g = torch.Generator().manual_seed(2)
    cases = {}

    def case(name, boxes, scores, threshold, classes=None):
        entries = {"boxes": boxes, "scores": scores, "threshold": threshold}
        if classes is None:
            kept = ops.nms(boxes, scores, threshold)
        else:
            kept = ops.boxes._batched_nms_vanilla(boxes, scores, classes, threshold)
            trick = ops.boxes._batched_nms_coordinate_trick(boxes, scores, classes, threshold)
            assert kept.equal(trick), name
            entries["classes"] = classes
        cases[name] = {**entries, "kept": kept}

    boxes, scores = random_boxes(120, 100, g, 3), torch.rand(120, generator=g)
    for threshold in [0.0, 0.3, 0.5, 0.7, 1.0]:
        case(f"threshold {threshold:g}", boxes, scores, threshold)
    case("64 bits", boxes.double(), scores.double(), 0.5)
    case("equal scores", boxes, (scores * 5).round() / 5, 0.5)
    case("all scores equal", boxes, torch.ones(120), 0.5)
    case("none", boxes[:0], scores[:0], 0.5)
    case("one", boxes[:1], scores[:1], 0.5)
    # Boxes of width 10 that overlap by 7 and by 4: 7/13, 4/16 of their union; and thresholds that are no 32-bit values
    steps = torch.tensor([[0.0, 0, 10, 1], [3, 0, 13, 1], [6, 0, 16, 1], [9, 0, 19, 1]])
    for threshold in [0.25, 7 / 13, torch.tensor(7 / 13).item(), 0.1]:
        case(f"at the threshold {threshold}", steps, torch.tensor([0.9, 0.8, 0.7, 0.6]), threshold)
    strange = boxes[:40].clone()
    strange[3, 0] = strange[9, 2] = strange[11, 1] = strange[20, 3] = float("nan")
    strange[5] = strange[5, [2, 1, 0, 3]]  # negative width
    strange[6] = strange[6, [2, 3, 0, 1]]  # and height
    strange[7, 2:] = strange[7, :2]  # no area
    strange[8, 2] = strange[12, 3] = float("inf")
    strange[13, 0] = float("-inf")
    strange[14] = torch.tensor([float("-inf"), float("-inf"), float("inf"), float("inf")])
    case("strange boxes", strange, scores[:40], 0.3)
    odd = scores[:40].clone()
    odd[4] = odd[30] = float("nan")
    odd[2], odd[3], odd[5], odd[6] = float("inf"), float("-inf"), 0.0, -0.0
    case("strange scores", boxes[:40], odd, 0.3)
    case("by class", boxes, scores, 0.5, torch.randint(0, 4, (120,), generator=g))
    case("by class with gaps", boxes, scores, 0.3, torch.randint(0, 3, (120,), generator=g) * 37 + 5)
    case("by class, one class", boxes, scores, 0.5, torch.full((120,), 7))
    write("nms", cases)


# --- roi_align ---------------------------------------------------------------------------------------------------------

def pooling():
    g = torch.Generator().manual_seed(3)
    cases = {}
    values = random_values(2, 3, 9, 12, generator=g, digits=2)
    regions = torch.cat([torch.tensor([[0.0], [1], [1], [0], [1], [0], [0], [1], [0]]), torch.tensor([
        [2.0, 3, 30, 25],  # inside
        [10.25, 4.5, 22.75, 33],
        [-20, -12, 18, 20],  # partly outside
        [35, 20, 80, 70],
        [100, 100, 130, 140],  # outside
        [9, 9, 9, 9],  # no area
        [0, 0, 48, 36],  # the whole map
        [12, 8, 14, 9],  # within a pixel
        [-300, -200, 400, 300],  # far larger than the map
    ])], 1)

    def case(name, size, scale, ratio, aligned, rois=regions, input=values):
        input = input.clone().requires_grad_()
        output = ops.roi_align(input, rois, size, scale, ratio, aligned)
        weights = random_values(*output.shape, generator=g, digits=1)
        (output * weights).sum().backward()
        cases[name] = {"input": input, "rois": rois, "height": size[0], "width": size[1], "scale": scale, "ratio": ratio,
                       "aligned": aligned, "output": output, "weights": weights, "gradient": input.grad}

    for aligned in [False, True]:
        for ratio in [0, 1, 2, 3]:
            case(f"roi ratio {ratio} {'aligned' if aligned else 'not aligned'}", (2, 3), 0.25, ratio, aligned)
    case("roi larger than its bins", (1, 1), 0.25, 0, True)
    case("roi of many channels", (2, 2), 0.25, 2, False, regions[:3], random_values(2, 37, 5, 6, generator=g, digits=1))
    case("roi of one channel", (4, 4), 1.0, 0, False, regions[:4], (random_values(2, 1, 30, 40, generator=g) > 0).float())
    case("roi of negative sides", (2, 2), 1.0, 2, True, torch.tensor([[0.0, 6, 5, 2, 1], [0.0, 6, 1, 2, 5]]))
    case("roi of none", (2, 2), 1.0, 2, False, regions[:0])

    boxes = [torch.tensor([[0.0, 0, 5, 5], [1, 1, 29, 24], [4, 5, 18, 19], [1, 1, 56, 50]]), torch.zeros(0, 4),
             torch.tensor([[1.25, 1.25, 29.25, 29.25], [0, 0, 14, 14], [3, 3, 3, 3]])]
    sizes = [(48, 63), (64, 50), (50, 48)]
    levels = [random_values(3, 2, 64 >> k, 64 >> k, generator=g, digits=1) for k in (2, 3, 4)]
    pooled = ops.MultiScaleRoIAlign(["a", "b", "c"], (2, 3), 2, canonical_scale=28)(dict(zip("abc", levels)), boxes, sizes)
    cases["pyramid"] = {"levels": levels, "boxes": boxes, "sizes": sizes, "height": 2, "width": 3, "ratio": 2, "canonical": 28,
                        "output": pooled}
    one = ops.MultiScaleRoIAlign(["a"], 2, 0)({"a": levels[0]}, boxes, sizes)
    cases["pyramid of one level"] = {"levels": levels[:1], "boxes": boxes, "sizes": sizes, "height": 2, "width": 2, "ratio": 0,
                                     "canonical": 224, "output": one}
    sides = torch.tensor([1.0, 55, 56, 57, 111, 111.99997, 112, 113, 223, 224, 225, 447, 448, 449, 5000, 0])
    squares = torch.stack([sides * 0, sides * 0, sides, sides], 1)
    cases["levels"] = {"boxes": squares, "first": 2, "last": 5, "levels": poolers.LevelMapper(2, 5)([squares])}
    write("pooling", cases)


# --- losses ------------------------------------------------------------------------------------------------------------

def losses():
    g = torch.Generator().manual_seed(4)
    cases = {}

    def gradient(loss, of):
        return torch.autograd.grad(loss, of)[0]

    logits = (random_values(5, 4, generator=g) * 3).requires_grad_()
    targets = (torch.rand(5, 4, generator=g) > 0.7).float()
    for alpha, gamma in [(0.25, 2.0), (-1.0, 2.0), (0.75, 0.5), (0.25, 0.0)]:
        for reduction in ["none", "mean", "sum"]:
            loss = ops.sigmoid_focal_loss(logits, targets, alpha, gamma, reduction)
            cases[f"focal {alpha:g} {gamma:g} {reduction}"] = {
                "logits": logits, "targets": targets, "alpha": alpha, "gamma": gamma, "reduction": reduction, "loss": loss,
                "gradient": gradient(loss.sum(), logits)}
    a = random_values(4, 3, generator=g).requires_grad_()
    b = a.detach() + random_values(4, 3, generator=g) * 0.3
    for beta in [1.0, 1 / 9, 0.0]:
        loss = torch.nn.functional.smooth_l1_loss(a, b, beta=beta, reduction="none")
        cases[f"smooth l1 {beta:g}"] = {"predictions": a, "targets": b, "beta": beta, "loss": loss,
                                        "gradient": gradient(loss.sum(), a)}
    boxes_a, boxes_b = random_boxes(8, 40, g, 1), random_boxes(8, 40, g, 1)
    boxes_b[3] = boxes_a[3]
    boxes_b[4] = boxes_a[4] + boxes_a[4, 2] - boxes_a[4, 0]  # beside it, a corner in common
    boxes_a.requires_grad_()
    for reduction in ["none", "mean", "sum"]:
        loss = ops.generalized_box_iou_loss(boxes_a, boxes_b, reduction)
        cases[f"giou {reduction}"] = {"boxes": boxes_a, "targets": boxes_b, "reduction": reduction, "loss": loss,
                                      "gradient": gradient(loss.sum(), boxes_a)}

    # Two images, one with objects and one without, on the anchors of a map of 5x6 with stride 8
    anchors = anchor_utils.AnchorGenerator(((16, 24),), ((0.5, 1.0),))(
        image_list.ImageList(torch.zeros(2, 3, 40, 48), [(40, 48)] * 2), [torch.zeros(2, 1, 5, 6)])
    objects = torch.tensor([[4.0, 3, 22, 20], [10, 10, 40, 38], [30, 2, 44, 14]])
    labels = torch.tensor([2, 0, 1])
    some = [{"boxes": objects, "labels": labels}, {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}]
    count = anchors[0].shape[0]

    for loss_type in ["l1", "giou"]:
        logits = (random_values(2, count, 3, generator=g, digits=1) - 2).requires_grad_()
        codes = (random_values(2, count, 4, generator=g, digits=1) * 0.3).requires_grad_()
        head = retinanet.RetinaNetHead(4, 4, 3)
        head.regression_head._loss_type = loss_type
        matcher = _utils.Matcher(0.5, 0.4, True)
        matches = [matcher(ops.box_iou(objects, anchors[0])), torch.full((count,), -1)]
        result = head.compute_loss(some, {"cls_logits": logits, "bbox_regression": codes}, anchors, matches)
        cases[f"retinanet {loss_type}"] = {
            "logits": logits, "codes": codes, "anchors": anchors[0], "boxes": [t["boxes"] for t in some],
            "labels": [t["labels"] for t in some], "classification": result["classification"], "box": result["bbox_regression"],
            "logits gradient": gradient(result["classification"], logits), "codes gradient": gradient(result["bbox_regression"], codes)}

    # As many are drawn as there are: what is drawn does not matter then
    objectness = random_values(2, count, generator=g, digits=1).requires_grad_()
    codes = (random_values(2, count, 4, generator=g, digits=1) * 0.3).requires_grad_()
    network = rpn.RegionProposalNetwork(None, None, 0.5, 0.3, 4 * count, 0.5, {}, {}, 0.7)
    of_anchors, matched = network.assign_targets_to_anchors(anchors, some)
    box_coder = _utils.BoxCoder((1.0, 1.0, 1.0, 1.0))
    ofclass, ofbox = network.compute_loss(objectness, codes.reshape(-1, 4), of_anchors, box_coder.encode(matched, anchors))
    cases["proposals"] = {
        "objectness": objectness, "codes": codes, "anchors": anchors[0], "boxes": [t["boxes"] for t in some],
        "labels": [t["labels"] for t in some], "classification": ofclass, "box": ofbox,
        "objectness gradient": gradient(ofclass, objectness), "codes gradient": gradient(ofbox, codes)}

    logits = random_values(6, 4, generator=g).requires_grad_()
    codes = random_values(6, 16, generator=g).requires_grad_()
    classes = torch.tensor([0, 2, 3, 0, 1, 2])
    wanted = random_values(6, 4, generator=g)
    ofclass, ofbox = roi_heads.fastrcnn_loss(logits, codes, [classes], [wanted])
    cases["faster rcnn"] = {"logits": logits, "codes": codes, "labels": classes, "targets": wanted, "classification": ofclass,
                            "box": ofbox, "logits gradient": gradient(ofclass, logits), "codes gradient": gradient(ofbox, codes)}

    masks = torch.zeros(3, 40, 48)
    for mask, (x1, y1, x2, y2) in zip(masks, objects.int().tolist()):
        mask[y1:y2, x1:x2] = 1
        mask[(y1 + y2) // 2:y2, (x1 + x2) // 2:x2] = 0
    proposals = [torch.tensor([[3.25, 2, 23, 21], [11, 8.5, 41, 40], [10, 10, 40, 38], [0, 0, 48, 40], [29, 1, 30, 2]]),
                 torch.zeros(0, 4)]
    matches = [torch.tensor([0, 1, 1, 2, 2]), torch.zeros(0, dtype=torch.int64)]
    ones = [labels + 1, torch.zeros(0, dtype=torch.int64)]
    logits = random_values(5, 4, 6, 6, generator=g, digits=1).requires_grad_()
    loss = roi_heads.maskrcnn_loss(logits, proposals, [masks.byte(), torch.zeros(0, 40, 48)], ones, matches)
    cases["mask rcnn"] = {"logits": logits, "proposals": proposals, "matches": matches, "labels": ones,
                          "boxes": [t["boxes"] for t in some], "masks": masks.byte(), "loss": loss,
                          "gradient": gradient(loss, logits)}

    # All are drawn, in their order
    heads = roi_heads.RoIHeads(None, None, None, 0.5, 0.5, 512, 0.25, None, 0.05, 0.5, 100)
    near = torch.cat([objects + random_values(3, 4, generator=g, digits=1), objects * 0.6, random_boxes(4, 40, g, 3)])
    drawn, drawn_matches, drawn_labels, drawn_codes = heads.select_training_samples(
        [near], [{"boxes": objects, "labels": labels + 1}])
    cases["drawn"] = {"near": near, "boxes": objects, "labels": labels + 1, "proposals": drawn[0], "of proposals": drawn_labels[0],
                      "matches": drawn_matches[0], "codes": drawn_codes[0]}
    write("losses", cases)


# --- masks -------------------------------------------------------------------------------------------------------------

def masks():
    g = torch.Generator().manual_seed(5)
    probabilities = (torch.rand(7, 1, 6, 6, generator=g) * 100).round() / 100
    boxes = torch.tensor([
        [3.0, 2, 15, 12], [0.4, 0.6, 7.3, 9.8], [10, 8, 20, 16], [0, 0, 20, 16], [5, 5, 5, 5], [-4, -3, 6, 7.5],
        [15, 10, 30, 25]])
    cases = {}
    for padding in [1, 0]:
        cases[f"paste {padding}"] = {"masks": probabilities, "boxes": boxes, "height": 16, "width": 20, "padding": padding,
                                     "pasted": roi_heads.paste_masks_in_image(probabilities, boxes, (16, 20), padding)}
    write("masks", cases)


# --- transforms --------------------------------------------------------------------------------------------------------

def transforms():
    g = torch.Generator().manual_seed(6)
    images = [(torch.rand(3, h, w, generator=g) * 100).round() / 100 for h, w in [(9, 13), (14, 8), (6, 30)]]
    boxes = [random_boxes(n, 8, g).clamp(min=0) for n in (2, 1, 0)]
    labels = [torch.tensor([3, 1]), torch.tensor([2]), torch.zeros(0, dtype=torch.int64)]
    masks = [(torch.rand(len(b), *image.shape[1:], generator=g) > 0.5).byte() for b, image in zip(boxes, images)]
    cases = {}
    for short, long, multiple in [(12, 20, 8), (5, 100, 1), (8, 15, 4)]:
        network = transform.GeneralizedRCNNTransform(short, long, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], multiple).eval()
        targets = [{"boxes": b, "labels": l, "masks": m} for b, l, m in zip(boxes[:2], labels[:2], masks[:2])]
        batch, changed = network(images[:2], targets)
        alone, _ = network(images)
        cases[f"batch {short} {long} {multiple}"] = {
            "images": images, "boxes": boxes, "labels": labels, "masks": masks, "short": short, "long": long, "multiple": multiple,
            "batch": batch.tensors, "sizes": batch.image_sizes, "resized boxes": [t["boxes"] for t in changed],
            "resized masks": [t["masks"] for t in changed], "sizes of three": alone.image_sizes,
            "shape of three": list(alone.tensors.shape)}
    write("transforms", cases)


# --- detections --------------------------------------------------------------------------------------------------------

def detections():
    g = torch.Generator().manual_seed(7)
    cases = {}
    # Two images in a batch of 40x48, the second smaller; anchors of two maps
    sizes = [(40, 48), (33, 41)]
    maps = [(5, 6), (3, 3)]
    anchors = anchor_utils.AnchorGenerator(((12,), (24,)), ((0.5, 1.0),) * 2)(
        image_list.ImageList(torch.zeros(2, 3, 40, 48), sizes), [torch.zeros(2, 1, h, w) for h, w in maps])[0]
    levels = [2 * h * w for h, w in maps]
    count = sum(levels)

    for name, before, after, threshold, small, least in [
            ("usual", 1000, 1000, 0.7, 1e-3, 0.0), ("few", 20, 8, 0.7, 1e-3, 0.0), ("strict", 50, 30, 0.3, 6.0, 0.5),
            ("none", 50, 30, 0.3, 6.0, 0.999)]:
        objectness = random_values(2, count, generator=g) * 2
        boxes = random_boxes(2 * count, 40, g).reshape(2, count, 4)
        n = {"training": before, "testing": before}
        network = rpn.RegionProposalNetwork(None, None, 0.7, 0.3, 256, 0.5, n, {"training": after, "testing": after}, threshold, least)
        network.min_size = small
        kept, scores = network.eval().filter_proposals(boxes, objectness, sizes, levels)
        cases[f"proposals {name}"] = {
            "objectness": objectness, "boxes": boxes, "levels": levels, "sizes": sizes, "of level": before, "of image": after,
            "threshold": threshold, "size": small, "least": least, "kept": kept, "scores": scores}

    for name, least, candidates, threshold, most in [
            ("usual", 0.05, 1000, 0.5, 300), ("few", 0.2, 15, 0.3, 6), ("none", 0.9999, 1000, 0.5, 300)]:
        logits = [random_values(2, n, 3, generator=g) * 2 - 1 for n in levels]
        codes = [random_values(2, n, 4, generator=g) * 0.5 for n in levels]
        network = retinanet.RetinaNet.__new__(retinanet.RetinaNet)
        torch.nn.Module.__init__(network)
        network.score_thresh, network.topk_candidates, network.nms_thresh = least, candidates, threshold
        network.detections_per_img, network.box_coder = most, _utils.BoxCoder((1.0, 1.0, 1.0, 1.0))
        found = network.postprocess_detections(
            {"cls_logits": logits, "bbox_regression": codes}, [list(anchors.split(levels))] * 2, sizes)
        cases[f"retinanet {name}"] = {
            "logits": logits, "codes": codes, "anchors": list(anchors.split(levels)), "sizes": sizes, "least": least,
            "of level": candidates, "threshold": threshold, "of image": most, **{
                key: [of[key] for of in found] for key in ["boxes", "scores", "labels"]}}

    for name, least, threshold, most, numbers in [
            ("usual", 0.05, 0.5, 100, (20, 9)), ("few", 0.3, 0.3, 5, (20, 9)), ("none", 1.0, 0.5, 100, (4, 0)),
            ("of an image without proposals", 0.05, 0.5, 100, (0, 6))]:
        proposals = [random_boxes(n, 40, g, 1) for n in numbers]
        logits = random_values(sum(numbers), 4, generator=g) * 2
        codes = random_values(sum(numbers), 16, generator=g) * 2
        heads = roi_heads.RoIHeads(None, None, None, 0.5, 0.5, 512, 0.25, None, least, threshold, most)
        boxes, scores, labels = heads.postprocess_detections(logits, codes, proposals, sizes)
        cases[f"faster rcnn {name}"] = {
            "logits": logits, "codes": codes, "proposals": proposals, "sizes": sizes, "least": least, "threshold": threshold,
            "of image": most, "boxes": boxes, "scores": scores, "labels": labels}

    logits, labels = random_values(4, 3, 3, 3, generator=g), torch.tensor([2, 1, 2, 1])
    boxes = torch.tensor([[3.0, 2, 15, 12], [0, 0, 24, 20], [20, 11, 24, 20], [5, 5, 6, 19]])
    masks_of = roi_heads.maskrcnn_inference(logits, [labels])[0]
    network = transform.GeneralizedRCNNTransform(24, 48, [0.0], [1.0])
    result = network.eval().postprocess([{"boxes": boxes, "masks": masks_of}], [(20, 24)], [(30, 40)])[0]
    cases["masks"] = {"logits": logits, "labels": labels, "masks": masks_of, "boxes": boxes, "from": [20, 24], "to": [30, 40],
                      "resized": result["boxes"], "pasted": result["masks"]}
    write("detections", cases)


TOPICS = {"boxes": boxes, "nms": nms, "pooling": pooling, "losses": losses, "masks": masks,
          "transforms": transforms, "detections": detections}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for topic in sys.argv[1:] or TOPICS:
        TOPICS[topic]()
