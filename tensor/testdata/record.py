#!/usr/bin/env python3
"""Makes the files of this folder with NumPy and the safetensors library, so that
the readers and writers here are judged by the formats' own implementations.

    python3 record.py             write them (made with numpy 2.4.6, safetensors 0.8.0)
    python3 record.py FILE...     print what those libraries read in any such file

The contents, which the Go tests know: element i of an array, in the order that
a.flatten() shows, is i·0.75 - 2 for floats, 1 - i·300000007 (wrapped to 32 bits) for
int32, i·3000000000000000007 - 1 (wrapped to 64 bits) for int64, 7·i mod 256 for uint8.
"""

import os
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))


def array(dtype, *shape):
    i = range(int(np.prod(shape, dtype=int)))
    if dtype in ("f4", "f8"):
        flat = np.array([k * 0.75 - 2 for k in i], dtype=dtype)
    elif dtype == "i4":
        flat = np.array([(1 - k * 300000007 + 2**31) % 2**32 - 2**31 for k in i], dtype=dtype)
    elif dtype == "i8":
        flat = np.array([(k * 3000000000000000007 - 1 + 2**63) % 2**64 - 2**63 for k in i], dtype=dtype)
    else:
        flat = np.array([7 * k % 256 for k in i], dtype=dtype)
    return flat.reshape(shape)


def npy(name, a, version=(1, 0)):
    with open(os.path.join(HERE, name), "wb") as f:
        np.lib.format.write_array(f, a, version=version)


def write():
    npy("f4.npy", array("f4", 2, 3))
    npy("f8.npy", array("f8", 5))
    npy("i4.npy", array("i4", 2, 2, 2))
    npy("i8.npy", array("i8", 3, 1))
    npy("u1.npy", array("u1", 3, 5))
    npy("scalar.npy", array("f8"))
    npy("empty.npy", array("i4", 0, 3))
    # This shape makes the header end at a multiple of 64 by itself.
    npy("rank8.npy", array("u1", 1, 2, 1, 2, 1, 2, 1, 1))
    npy("special.npy", np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308]))
    npy("version2.npy", array("f4", 2, 3), version=(2, 0))
    npy("fortran.npy", np.asfortranarray(array("f8", 2, 3, 4)))
    npy("fortran_i4.npy", np.asfortranarray(array("i4", 3, 2)))
    npy("big_endian.npy", array("f8", 2, 3).astype(">f8"))
    npy("big_endian_fortran.npy", np.asfortranarray(array("i4", 2, 3).astype(">i4")))
    npy("bool.npy", np.array([True, False]))
    npy("records.npy", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]))

    save_file(
        {
            "layer.weight": array("f4", 2, 3),
            "layer.bias": array("f8", 5),
            "größe \"q\"\\\t<&>": array("i4", 2, 2),
            "steps": array("i8"),
            "mask": array("u1", 3, 5),
            "a.mask": array("u1", 7),
            "none": array("f4", 0, 4),
        },
        os.path.join(HERE, "mixed.safetensors"),
        metadata={"für <wen>": "a \"line\"\nand \u00e9\x01"},
    )
    save_file({"w": array("f4", 3)}, os.path.join(HERE, "plain.safetensors"))
    save_file({}, os.path.join(HERE, "empty.safetensors"))


def show(path):
    if path.endswith(".npy"):
        a = np.load(path)
        print(path, a.dtype, a.shape, a.flatten().tolist())
        return
    with safe_open(path, framework="numpy") as f:
        print(path, f.metadata())
        for name in f.keys():
            a = f.get_tensor(name)
            print(" ", repr(name), a.dtype, a.shape, a.flatten().tolist())


if __name__ == "__main__":
    for path in sys.argv[1:]:
        show(path)
    if not sys.argv[1:]:
        write()
