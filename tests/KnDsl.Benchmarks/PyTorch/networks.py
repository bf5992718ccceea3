"""The benchmark's networks in PyTorch, timed on request: PyTorchBenchmark.cs starts this and talks to it by lines.

    prints  the versions, when it is ready
    reads   network NAME BATCH          prints the number of parameters
            training COUNT              prints the seconds that so many steps took
            inference COUNT             the same for passes of inference
"""

import sys
import time

import torch
import torchvision
from torch import nn
import torch.nn.functional as F


class Unit(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.stride, self.added = stride, channels - channels_in
        self.norm1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        y = self.conv2(F.relu(self.norm2(y)))
        if self.stride != 1 or self.added:
            x = F.pad(F.avg_pool2d(x, self.stride), (0, 0, 0, 0, 0, self.added))
        return y + x


class ResNetCifar(nn.Module):
    """Samples/FashionMnist/ResNetCifar.knnet with its defaults."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, 1, 1, bias=False)
        self.units = nn.Sequential(Unit(8, 8, 1), Unit(8, 8, 1), Unit(8, 16, 2), Unit(16, 16, 1), Unit(16, 32, 2), Unit(32, 32, 1))
        self.norm = nn.BatchNorm2d(32)
        self.fc = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.norm(self.units(self.stem(x))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


DEVICE = torch.device(sys.argv[2])

NETWORKS = {
    "fashion": (ResNetCifar, (1, 28, 28)),
    "resnet18": (lambda: torchvision.models.resnet18(num_classes=10), (3, 64, 64)),
    "resnet50": (lambda: torchvision.models.resnet50(num_classes=10), (3, 224, 224)),
}


class Timed:
    def __init__(self, name, batch):
        create, image = NETWORKS[name]
        torch.manual_seed(1)
        self.network = create().to(DEVICE)
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.001, momentum=0.9)
        self.x = torch.randn(batch, *image, device=DEVICE)
        self.target = torch.randint(10, (batch,), device=DEVICE)
        self.parameters = sum(parameter.numel() for parameter in self.network.parameters())

    def training(self):
        self.optimizer.zero_grad()
        F.cross_entropy(self.network(self.x), self.target).backward()
        self.optimizer.step()

    def inference(self):
        with torch.no_grad():
            self.network(self.x)

    def time(self, what, count):
        self.network.train(what == "training")
        action = getattr(self, what)
        start = time.perf_counter()
        for _ in range(count):
            action()
        if DEVICE.type == "cuda":
            torch.cuda.synchronize(DEVICE)
        return time.perf_counter() - start


def main():
    torch.set_num_threads(int(sys.argv[1]))
    print(f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}", flush=True)
    timed = None
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "network":
            timed = Timed(arguments[0], int(arguments[1]))
            print(timed.parameters, flush=True)
        else:
            print(timed.time(command, int(arguments[0])), flush=True)


if __name__ == "__main__":
    main()
