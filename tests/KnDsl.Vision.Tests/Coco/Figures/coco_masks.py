"""COCO's masks by their description, on pictures: nothing here works on runs. The pictures are numpy arrays [height, width] of bool."""
import numpy

SCALE = 5


def counts_of(mask):
    """Lengths of runs, down the first column and then the next; the first run is outside."""
    counts, value = [0], False
    for pixel in mask.T.reshape(-1):
        if pixel != value:
            counts.append(0)
            value = pixel
        counts[-1] += 1
    return counts


def mask_of(counts, height, width):
    pixels = numpy.concatenate([numpy.full(count, i % 2 == 1) for i, count in enumerate(counts)])
    return pixels.reshape(width, height).T


def compressed(counts):
    """A number is written with as few digits of base 32 as its two's complement needs, the lowest first."""
    text = ""
    for i, count in enumerate(counts):
        number = count - (counts[i - 2] if i > 2 else 0)
        digits = 1
        while not -(32 ** digits) // 2 <= number < 32 ** digits // 2:
            digits += 1
        rest = number % 32 ** digits
        for digit in range(digits):
            text += chr(48 + rest % 32 + (32 if digit < digits - 1 else 0))
            rest //= 32
    return text


def box_of(mask):
    if not mask.any():
        return [0, 0, 0, 0]
    rows, columns = numpy.flatnonzero(mask.any(axis=1)), numpy.flatnonzero(mask.any(axis=0))
    return [int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)]


def iou(detection, truth, crowd=False):
    common = int((detection & truth).sum())
    whole = int(detection.sum()) if crowd else int((detection | truth).sum())
    return common / whole if common else 0.0


def polygon(corners, height, width):
    """
    The outline as one closed line of points on a grid of five points to a pixel; in each column, pixels below an odd number of the
    places at which the line passes the middle of the column are inside.
    """
    grid = [tuple(int(SCALE * value + 0.5) for value in corner) for corner in zip(corners[::2], corners[1::2])]
    line = []
    for (x0, y0), (x1, y1) in zip(grid, grid[1:] + grid[:1]):
        dx, dy = abs(x1 - x0), abs(y1 - y0)
        if dx == dy == 0:
            continue
        backwards = x0 > x1 if dx >= dy else y0 > y1
        (xs, ys), (xe, ye) = ((x1, y1), (x0, y0)) if backwards else ((x0, y0), (x1, y1))
        steps = numpy.arange(max(dx, dy) + 1)
        if dx >= dy:
            x, y = xs + steps, numpy.trunc(ys + (ye - ys) / dx * steps + 0.5).astype(int)
        else:
            x, y = numpy.trunc(xs + (xe - xs) / dy * steps + 0.5).astype(int), ys + steps
        edge = list(zip(x.tolist(), y.tolist()))
        line += reversed(edge) if backwards else edge
    inside = numpy.zeros((height, width), dtype=bool)
    for (xa, ya), (xb, yb) in zip(line, line[1:]):
        left = min(xa, xb)
        if xa == xb or left < 0 or left % SCALE != 2 or left // SCALE >= width:
            continue
        # The middle of row r is at 5 r + 2.
        first = next((row for row in range(height) if SCALE * row + 2 >= min(ya, yb)), height)
        inside[first:, left // SCALE] ^= True
    return inside
