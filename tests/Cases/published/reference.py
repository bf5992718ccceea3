"""Makes the reference figures of the published networks: `reference.json` beside each case's `net.knnet`.

    python3 reference.py             every case
    python3 reference.py ResNet18    one or several
    python3 reference.py --check     makes nothing; proves that the figures notice a change of any one tensor

Needs PyTorch and torchvision (made with Debian 12's python3-torch 1.13 and python3-torchvision 0.14); the tests that
read the figures need neither. README.md describes the format and the formula that fills weights and inputs.
"""

import json
import math
import pathlib
import sys
from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = 96  # values recorded of an output that has more


# --- the formula -----------------------------------------------------------------------------------------------------

def fnv1a(text):
    """FNV-1a, 64 bits, over the UTF-8 bytes."""
    h = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def mixed(name, start, stop):
    """SplitMix64 seeded with the name's hash: its draws number start .. stop-1, as uint64."""
    with np.errstate(over="ignore"):
        z = np.arange(start + 1, stop + 1, dtype=np.uint64)
        z *= np.uint64(0x9E3779B97F4A7C15)
        z += np.uint64(fnv1a(name))
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return z


def affine_of(name, shape, gain):
    """(offset, scale) of the values of a state_dict entry. A gain of 3 keeps the variance through a linear layer, of 6
    through one that ReLU precedes."""
    last = name.rsplit(".", 1)[-1]
    if last == "num_batches_tracked":
        return 0.0, 0.0
    if len(shape) >= 2:
        return 0.0, math.sqrt(gain / math.prod(shape[1:]))
    if last in ("weight", "running_var"):
        return 1.0, 0.5
    return 0.0, 0.2  # biases, running_mean


def values(name, shape, offset, scale):
    """The entry's values, computed in float64 and rounded once to float32."""
    count = math.prod(shape)
    result = np.empty(count, dtype=np.float32)
    step = 1 << 22
    for start in range(0, count, step):
        stop = min(count, start + step)
        uniform = (mixed(name, start, stop) >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0
        result[start:stop] = offset + scale * uniform
    return result.reshape(shape)


def state_values(name, shape, gain):
    return values(name, shape, *affine_of(name, shape, gain))


def input_values(name, shape):
    return values(name, shape, 0.0, 1.0)


def is_filled(name):
    """Indices say where, not how much: they stay as the network computes them."""
    return not name.endswith("relative_position_index")


def fill(module, gain):
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if is_filled(name):
                tensor.copy_(torch.from_numpy(state_values(name, tuple(tensor.shape), gain)))


# --- networks that torchvision does not have -------------------------------------------------------------------------

class LeNet5(nn.Module):
    """LeCun et al. 1998 as it is written today: average pools without coefficients, every map of the second
    convolution connected, tanh, a linear layer at the end. C5 is the linear layer fc1."""

    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2)
        x = torch.tanh(self.fc1(torch.flatten(x, 1)))
        return self.fc3(torch.tanh(self.fc2(x)))


class DoubleConv(nn.Module):
    def __init__(self, channels_in, channels):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(channels_in, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, channels_in, channels):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(channels_in, channels))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, channels_in, channels):
        super().__init__()
        self.up = nn.ConvTranspose2d(channels_in, channels, 2, stride=2)
        self.conv = DoubleConv(2 * channels, channels)

    def forward(self, x, skip):
        return self.conv(torch.cat([skip, self.up(x)], dim=1))


class OutConv(nn.Module):
    def __init__(self, channels_in, classes):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, classes, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    """Ronneberger et al. 2015 with padded convolutions and normalization; the names of its parts (inc, down1 .. down4,
    up1 .. up4, outc, double_conv, maxpool_conv) are those of the best known PyTorch checkpoints."""

    def __init__(self, classes=2):
        super().__init__()
        self.inc = DoubleConv(3, 64)
        self.down1, self.down2 = Down(64, 128), Down(128, 256)
        self.down3, self.down4 = Down(256, 512), Down(512, 1024)
        self.up1, self.up2 = Up(1024, 512), Up(512, 256)
        self.up3, self.up4 = Up(256, 128), Up(128, 64)
        self.outc = OutConv(64, classes)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x4 = self.down3(x3)
        x = self.up1(self.down4(x4), x4)
        x = self.up2(x, x3)
        x = self.up3(x, x2)
        return self.outc(self.up4(x, x1))


# --- the cases -------------------------------------------------------------------------------------------------------

def single(module, image):
    return {"logits": module(image)}


def with_auxiliaries(module, image):
    """Auxiliary heads answer only while `training` is set on the network itself: its parts stay in evaluation."""
    module.training = True
    out = module(image)
    module.training = False
    return {name: getattr(out, name) for name in out._fields if getattr(out, name) is not None}


def googlenet_heads(module, image):
    """Each auxiliary head's own answer: torchvision 0.14 hands them out under each other's names (its `_forward`
    returns aux2 before aux1, its `forward` takes them the other way round)."""
    heads = {}
    hooks = [head.register_forward_hook(lambda _, __, output, name=name: heads.update({name: output}))
             for name, head in (("aux_logits2", module.aux2), ("aux_logits1", module.aux1))]
    logits = with_auxiliaries(module, image)["logits"]
    for hook in hooks:
        hook.remove()
    return {"logits": logits, "aux_logits2": heads["aux_logits2"], "aux_logits1": heads["aux_logits1"]}


def segmentation(module, image):
    out = module(image)
    return {"out": out["out"], "aux": out["aux"]}


def retina(module, image):
    """What each level's heads say before permuting, concatenating, decoding and suppression."""
    outputs = OrderedDict()
    levels = module.backbone(image).values()
    scores, boxes = module.head.classification_head, module.head.regression_head
    for level, features in enumerate(levels, start=3):
        outputs[f"logits{level}"] = scores.cls_logits(scores.conv(features))
        outputs[f"boxes{level}"] = boxes.bbox_reg(boxes.conv(features))
    return OrderedDict(sorted(outputs.items(), key=lambda item: item[0].startswith("boxes")))


class Case:
    """`gain` is what keeps the activations' size: every tensor must tell in the outputs, none may drown the others.
    `trains` has the tests take a step of training too, which takes long: one network of each kind."""

    def __init__(self, make, shape, run=single, note="evaluation", gain=4.5, trains=False):
        self.make, self.shape, self.run, self.note, self.gain, self.trains = make, shape, run, note, gain, trains

    def source(self):
        return f"{self.make.__module__}.{self.make.__qualname__}" if self.make.__module__ != "__main__" \
            else f"reference.py {self.make.__qualname__}"


models = torchvision.models
SMALL = (2, 3, 64, 96)  # 32 divides both; unequal, so that height and width are told apart; two images, so that
                        # mixing them up shows

AUXILIARIES = "evaluation, auxiliary heads answering (training set on the network alone, not on its parts)"


def googlenet():
    return models.googlenet(weights=None, aux_logits=True, transform_input=False, init_weights=False)


def inception_v3():
    return models.inception_v3(weights=None, aux_logits=True, transform_input=False, init_weights=False)


def fcn_resnet50():
    return models.segmentation.fcn_resnet50(weights=None, weights_backbone=None, aux_loss=True)


def deeplabv3_resnet50():
    return models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None, aux_loss=True)


def retinanet_resnet50_fpn():
    return models.detection.retinanet_resnet50_fpn(weights=None, weights_backbone=None)


CASES = {
    "LeNet5": Case(LeNet5, (2, 1, 32, 32)),
    "AlexNet": Case(models.alexnet, SMALL),
    "Vgg11": Case(models.vgg11, SMALL),
    "Vgg11Bn": Case(models.vgg11_bn, SMALL),
    "SqueezeNet11": Case(models.squeezenet1_1, SMALL, gain=6.0),
    "GoogLeNet": Case(googlenet, SMALL, googlenet_heads, AUXILIARIES, gain=3.0, trains=True),
    "InceptionV3": Case(inception_v3, (1, 3, 299, 299), with_auxiliaries, AUXILIARIES),
    "ResNet18": Case(models.resnet18, SMALL, gain=3.0, trains=True),
    "ResNet50": Case(models.resnet50, SMALL, gain=3.0),
    "WideResNet50": Case(models.wide_resnet50_2, SMALL, gain=3.0),
    "ResNeXt50": Case(models.resnext50_32x4d, SMALL, gain=3.0),
    "DenseNet121": Case(models.densenet121, SMALL, trains=True),
    "MobileNetV2": Case(models.mobilenet_v2, SMALL, trains=True),
    "MobileNetV3Small": Case(models.mobilenet_v3_small, SMALL, gain=6.0),
    "ShuffleNetV2": Case(models.shufflenet_v2_x1_0, SMALL),
    "MnasNet10": Case(models.mnasnet1_0, SMALL),
    "EfficientNetB0": Case(models.efficientnet_b0, SMALL, gain=6.0),
    "EfficientNetV2S": Case(models.efficientnet_v2_s, SMALL, gain=3.0),
    "R2Plus1D18": Case(models.video.r2plus1d_18, (1, 3, 8, 32, 48), gain=3.0),
    "RegNetY400": Case(models.regnet_y_400mf, SMALL),
    "ConvNeXtTiny": Case(models.convnext_tiny, SMALL, gain=3.0),
    "ViTB16": Case(models.vit_b_16, (2, 3, 224, 224), gain=3.0),
    "SwinT": Case(models.swin_t, SMALL, gain=3.0),
    "UNet": Case(UNet, (1, 3, 32, 48), gain=6.0, trains=True),
    "FcnResNet50": Case(fcn_resnet50, (1, 3, 64, 96), segmentation, gain=3.0),
    "DeepLabV3ResNet50": Case(deeplabv3_resnet50, (1, 3, 64, 96), segmentation, gain=3.0),
    "RetinaNetResNet50": Case(retinanet_resnet50_fpn, (1, 3, 128, 96), retina,
                              "evaluation, the heads' maps of each level, nothing decoded", gain=3.0, trains=True),
}


# --- recording -------------------------------------------------------------------------------------------------------

def prepared(case):
    torch.manual_seed(0)
    module = case.make().eval()
    fill(module, case.gain)
    image = torch.from_numpy(input_values("image", case.shape))
    return module, image


def answers(case, module, image):
    with torch.no_grad():
        return {name: value.double().numpy() for name, value in case.run(module, image).items()}


def sample_of(name, count):
    """Which flat indices of an output are recorded: all of a small one, else fixed ones spread by the same draws."""
    if count <= SAMPLES:
        return list(range(count))
    chosen = {0: None, count - 1: None}
    for draw in mixed("samples:" + name, 0, 100 * SAMPLES):
        if len(chosen) == SAMPLES:
            break
        chosen[int(draw % np.uint64(count))] = None
    return sorted(chosen)


def number(value):
    return float(f"{value:.9g}")


def record(name, case):
    module, image = prepared(case)
    rounded = answers(case, module, image)
    exact = answers(case, module.double(), image.double())  # the figures: float64 throughout, on float32 weights
    outputs = []
    for output, value in exact.items():
        assert np.isfinite(value).all(), f"{name}: {output} is not finite"
        flat = value.reshape(-1)
        error = np.abs(rounded[output] - value).max() / np.abs(value).max()
        assert error < 1e-5, f"{name}: {output} in float32 is off by {error:.1e}: badly conditioned"
        indices = sample_of(output, flat.size)
        outputs.append({
            "name": output, "shape": list(value.shape),
            "sum": number(flat.sum()), "abs_sum": number(np.abs(flat).sum()),
            "abs_max": number(np.abs(flat).max()), "indices": indices, "values": [number(v) for v in flat[indices]]})
        print(f"{name:18} {output:8} {str(value.shape):22} mean {value.mean():9.4f} sd {value.std():8.4f} "
              f"max {np.abs(value).max():9.4f} float32 error {error:.0e}")
    state = OrderedDict((key, list(value.shape)) for key, value in module.state_dict().items())
    head = OrderedDict(
        source=case.source(), made_with=f"torch {torch.__version__}, torchvision {torchvision.__version__}",
        mode=case.note, gain=case.gain, parameters=sum(p.numel() for p in module.parameters()),
        **({"trains": True} if case.trains else {}))
    lines = [f'  "{key}": {json.dumps(value)},' for key, value in head.items()]
    lines += ['  "inputs": {', f'    "image": {json.dumps(list(case.shape))}', "  },", '  "outputs": [']
    lines += [",\n".join("    " + json.dumps(output) for output in outputs), "  ],", '  "state": {']
    lines += [",\n".join(f"    {json.dumps(key)}: {json.dumps(shape)}" for key, shape in state.items()), "  }"]
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / "reference.json").write_text("{\n" + "\n".join(lines) + "\n}\n", encoding="utf-8")


def record_formula():
    """A vector for whoever writes the formula again in another language."""
    entries = [("conv1.weight", (64, 3, 7, 7)), ("layer1.0.bn1.weight", (64,)), ("layer1.0.bn1.bias", (64,)),
               ("layer1.0.bn1.running_mean", (64,)), ("layer1.0.bn1.running_var", (64,)),
               ("layer1.0.bn1.num_batches_tracked", ()), ("fc.weight", (1000, 512)), ("classifier.6.bias", (1000,)),
               ("features.1.0.layer_scale", (96, 1, 1)), ("größe.weight", (3, 5))]
    rows = []
    for name, shape in entries:
        count = math.prod(shape)
        indices = sorted({0, count // 3, count // 2, count - 1})
        bits = [f"{mixed(name, i, i + 1)[0]:016x}" for i in indices]
        flat = state_values(name, shape, 4.5).reshape(-1)
        rows.append(json.dumps({"name": name, "shape": shape, "gain": 4.5, "indices": indices, "draws": bits,
                                "values": [number(flat[i]) for i in indices]}, ensure_ascii=False))
    text = "[\n  " + ",\n  ".join(rows) + "\n]\n"
    (HERE / "formula.json").write_text(text, encoding="utf-8")


def check(name, case):
    """Draws each tensor anew, one at a time: the recorded samples must move by 10 times the tests' tolerance."""
    module, image = prepared(case)

    def recorded():
        result = answers(case, module, image)
        return {output: value.reshape(-1)[sample_of(output, value.size)] for output, value in result.items()}

    truth = recorded()
    weakest, silent = (math.inf, ""), []
    for key, tensor in module.state_dict().items():
        if key.endswith("num_batches_tracked") or not is_filled(key):
            continue
        kept = tensor.clone()
        offset, scale = affine_of(key, tuple(tensor.shape), case.gain)
        tensor.copy_(torch.from_numpy(values(key + "'", tuple(tensor.shape), offset, scale)))
        now = recorded()
        tensor.copy_(kept)
        moved = max(np.abs(now[output] - truth[output]).max() / np.abs(truth[output]).max() for output in truth)
        weakest = min(weakest, (moved, key))
        if not moved > 1e-3:
            silent.append((key, moved))
    image.copy_(torch.from_numpy(input_values("image'", case.shape)))
    other = recorded()
    response = max(np.abs(other[output] - truth[output]).max() / np.abs(truth[output]).max() for output in truth)
    print(f"{name:18} weakest {weakest[1]}: {weakest[0]:.2e}; another input: {response:.2e}; "
          f"{len(silent)} tensors unnoticed {silent[:5]}", flush=True)
    return not silent and response > 1e-2


def main(arguments):
    torch.set_grad_enabled(False)
    checking = "--check" in arguments
    names = [a for a in arguments if not a.startswith("--")] or list(CASES)
    unknown = [n for n in names if n not in CASES]
    if unknown:
        sys.exit(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
    if checking:
        sys.exit(0 if all([check(name, CASES[name]) for name in names]) else 1)
    record_formula()
    for name in names:
        record(name, CASES[name])


if __name__ == "__main__":
    main(sys.argv[1:])
