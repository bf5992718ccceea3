"""Makes the files that KnDsl.Weights.Tests reads, and proves that they say what they should.

    python3 make.py                      writes the .safetensors files beside this script and reads them back
    python3 make.py FILE.safetensors     prints what a file holds, read by this script alone

A second implementation of the safetensors format, written from its published description with nothing but Python's
standard library, so that the C# one is not only tested against itself. One file is written exactly as the C# writer is
to write it (its test compares bytes); the other in ways that the format also allows.
"""

import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
BITS = {"BOOL": 8, "U8": 8, "I8": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "F32": 32, "I64": 64,
        "F64": 64, "C64": 64}
CODES = {"BOOL": "?", "U8": "B", "I8": "b", "I16": "h", "U16": "H", "F16": "e", "I32": "i", "F32": "f", "I64": "q",
         "F64": "d"}


def count(shape):
    result = 1
    for size in shape:
        result *= size
    return result


def encode(dtype, values):
    if dtype == "BF16":  # the upper half of a float32; the values here are exact in it
        return b"".join(struct.pack("<f", v)[2:] for v in values)
    if dtype == "C64":
        return b"".join(struct.pack("<ff", v.real, v.imag) for v in values)
    return struct.pack(f"<{len(values)}{CODES[dtype]}", *values)


def decode(dtype, data):
    if dtype == "BF16":
        return [struct.unpack("<f", b"\0\0" + data[i:i + 2])[0] for i in range(0, len(data), 2)]
    if dtype == "C64":
        parts = struct.unpack(f"<{len(data) // 4}f", data)
        return [complex(a, b) for a, b in zip(parts[::2], parts[1::2])]
    return list(struct.unpack(f"<{8 * len(data) // BITS[dtype]}{CODES[dtype]}", data))


def laid(tensors, order):
    """Entries in the tensors' order, their bytes in the other."""
    offsets, data = {}, b""
    for name in order:
        dtype, shape, values = tensors[name]
        piece = encode(dtype, values)
        assert 8 * len(piece) == BITS[dtype] * count(shape), name
        offsets[name] = [len(data), len(data) + len(piece)]
        data += piece
    return {name: {"dtype": tensors[name][0], "shape": list(tensors[name][1]), "data_offsets": offsets[name]}
            for name in tensors}, data


def write(path, header, data):
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def read(path):
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length].decode("utf-8"))
    data = content[8 + length:]
    metadata = header.pop("__metadata__", {})
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert entry["data_offsets"][0] == end, name
        end = entry["data_offsets"][1]
    assert end == len(data)
    return metadata, {name: (e["dtype"], tuple(e["shape"]), decode(e["dtype"], data[slice(*e["data_offsets"])]))
                      for name, e in header.items()}


TENSORS = {
    "flags": ("BOOL", (3,), [True, False, True]),
    "layer.weight": ("F32", (2, 3), [0.5, -1.25, 3.0e38, 1.0e-45, 0.0, -2.0]),
    "layer.bias": ("F64", (2,), [0.1, -1.0e300]),
    "bytes": ("U8", (5,), [0, 1, 127, 128, 255]),
    "signed": ("I8", (3,), [-128, 0, 127]),
    "short": ("I16", (2, 1), [-32768, 32767]),
    "int": ("I32", (2,), [-2147483648, 2147483647]),
    "num_batches_tracked": ("I64", (), [9007199254740993]),
    "half": ("F16", (3,), [65504.0, -0.5, 6.103515625e-05]),
    "brain": ("BF16", (2, 2), [1.0, -3.140625, 2.0**100, 0.0078125]),
    "complex": ("C64", (2,), [1.5 - 2.0j, -0.25 + 8.0j]),
    "empty": ("F32", (0, 4), []),
    "größe/重み \"q\"": ("F32", (1,), [42.0]),
}


def as_written_by_us():
    """Data by falling element size and padded, so that everything is aligned; the header compact, in the order of
    the tensors."""
    order = sorted(TENSORS, key=lambda name: -BITS[TENSORS[name][0]])
    entries, data = laid(TENSORS, order)
    header = {"__metadata__": {"format": "pt", "über": "Fuß"}, **entries}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    write(HERE / "all-types.safetensors", text, data)


def as_others_may():
    """Escapes, white space, unaligned data, a type that TorchSharp lacks, a key that no version has, no metadata."""
    tensors = {**TENSORS, "unsigned": ("U16", (2,), [0, 65535])}
    entries, data = laid(tensors, sorted(tensors))
    entries["int"]["remark"] = {"of": ["a", "later", "version"]}
    text = json.dumps(entries, ensure_ascii=True, indent=2).encode("utf-8") + b"  \n"
    write(HERE / "other-style.safetensors", text, data)


def torchvision_style():
    """A small network as torchvision would save it: names of a residual block with batch normalization."""
    tensors, number = {}, 0
    for name, shape in [("conv1.weight", (4, 3, 3, 3)), ("bn1.weight", (4,)), ("bn1.bias", (4,)),
                        ("bn1.running_mean", (4,)), ("bn1.running_var", (4,)), ("bn1.num_batches_tracked", ()),
                        ("fc.weight", (2, 4)), ("fc.bias", (2,))]:
        if name.endswith("tracked"):
            tensors[name] = ("I64", shape, [1234])
            continue
        tensors[name] = ("F32", shape, [((number + i) % 64 + 1) / 64 for i in range(count(shape))])
        number += count(shape)
    entries, data = laid(tensors, sorted(tensors))
    text = json.dumps({"__metadata__": {"format": "pt"}, **entries}, separators=(",", ":")).encode("utf-8")
    write(HERE / "network.safetensors", text, data)
    return tensors


def main(arguments):
    if arguments:
        metadata, tensors = read(pathlib.Path(arguments[0]))
        print(metadata)
        for name, (dtype, shape, values) in tensors.items():
            print(name, dtype, shape, values[:8])
        return
    as_written_by_us()
    as_others_may()
    network = torchvision_style()
    metadata, tensors = read(HERE / "all-types.safetensors")
    assert metadata == {"format": "pt", "über": "Fuß"}
    f32 = {name: decode("F32", encode("F32", entry[2])) for name, entry in TENSORS.items() if entry[0] == "F32"}
    assert tensors == {name: (d, s, f32.get(name, v)) for name, (d, s, v) in TENSORS.items()}
    assert read(HERE / "other-style.safetensors")[1]["unsigned"] == ("U16", (2,), [0, 65535])
    assert read(HERE / "network.safetensors")[1] == network


if __name__ == "__main__":
    main(sys.argv[1:])
