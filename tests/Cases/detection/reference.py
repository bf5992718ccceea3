"""Makes the figures that the detectors of Samples/Detection are compared with: `reference.json`, beside this script.

    /usr/bin/python3 reference.py

Needs PyTorch and torchvision (made with Debian 12's python3-torch 1.13 and python3-torchvision 0.14); the tests that read the
figures need neither. Weights and the image are filled by the formula of ../published, so that none are shipped.
"""

import json
import pathlib
import sys

import torch
import torchvision
from torchvision.models import detection

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "published"))
import reference as published  # noqa: E402

CLASSES = 5
SIZE = (3, 100, 130)  # not a multiple of anything, and resized by a factor that is none
SHORT, LONG = 128, 150
MOST = 12
NONE = {"weights": None, "weights_backbone": None, "num_classes": CLASSES, "min_size": SHORT, "max_size": LONG}

# Thresholds that leave some detections; the scores of such weights say nothing.
CASES = {
    "retinanet": lambda: detection.retinanet_resnet50_fpn(**NONE, score_thresh=0.5, detections_per_img=MOST),
    "faster-rcnn": lambda: detection.fasterrcnn_resnet50_fpn(**NONE, box_score_thresh=0.5, box_detections_per_img=MOST),
    "mask-rcnn": lambda: detection.maskrcnn_resnet50_fpn(**NONE, box_score_thresh=0.5, box_detections_per_img=MOST),
    "mask-rcnn with norms": lambda: detection.maskrcnn_resnet50_fpn_v2(**NONE, box_score_thresh=0.5, box_detections_per_img=MOST),
}
GAINS = [3.0, 2.9, 3.1, 2.8, 3.2, 2.7, 3.3]


def numbers(tensor):
    return [round(value, 5) for value in tensor.double().flatten().tolist()]


def detected(make):
    """A detector chooses: what it chooses must not depend on a rounding, or the figures would tell nothing. So the first of some gains
    is taken with which it does not."""
    network = make().eval()
    image = torch.from_numpy(published.input_values("image", SIZE)) / 2 + 0.5
    for gain in GAINS:
        published.fill(network, gain)
        with torch.no_grad():
            found, other = network([image])[0], network([image * (1 + 2e-6)])[0]
        if found["boxes"].shape == other["boxes"].shape and len(found["boxes"]) >= 5 and found["labels"].equal(other["labels"]) \
                and (found["boxes"] - other["boxes"]).abs().max() < 2e-3:
            return network, gain, found
    raise AssertionError(f"{make} is steady with none of the gains")


def case(make):
    network, gain, found = detected(make)
    result = {
        "gain": gain,
        "state": [f"{name} {list(value.shape)}" for name, value in network.state_dict().items()],
        "boxes": numbers(found["boxes"]), "scores": numbers(found["scores"]), "labels": found["labels"].tolist()}
    if "masks" in found:
        result["mask sums"] = numbers(found["masks"].sum((1, 2, 3)))
        result["mask maxima"] = numbers(found["masks"].amax((1, 2, 3)))
    return result


if __name__ == "__main__":
    torch.set_num_threads(1)
    cases = {name: case(make) for name, make in CASES.items()}
    for name, result in cases.items():
        print(name, result["gain"], len(result["scores"]), "detections", result["scores"][:3], sorted(set(result["labels"])))
    text = {"made_with": f"torchvision {torchvision.__version__}, torch {torch.__version__}", "classes": CLASSES, "most": MOST,
            "size": SIZE, "short": SHORT, "long": LONG, "cases": cases}
    (HERE / "reference.json").write_text(json.dumps(text, indent=1, separators=(",", ":")) + "\n")
