"""Writes bls12381.json: inputs of the precompiles of EIP-2537, and what py-ecc makes of them (`null`: they are refused).

Run with py-ecc from PyPI: python generate_bls12381.py DIRECTORY
"""

import json
import random
import sys
from pathlib import Path

from py_ecc.bls.hash_to_curve import clear_cofactor_G1, clear_cofactor_G2, map_to_curve_G1, map_to_curve_G2
from py_ecc.fields import optimized_bls12_381_FQ as FQ, optimized_bls12_381_FQ2 as FQ2
from py_ecc.optimized_bls12_381 import (
    FQ12, G1, G2, Z1, Z2, add, curve_order, field_modulus, is_inf, multiply, neg, normalize, pairing)

R = random.Random(2537)


def number(value):
    return int(value).to_bytes(64, "big")


def element(value):
    return b"".join(number(c) for c in value.coeffs) if isinstance(value, FQ2) else number(value.n)


def point(p, size):
    if is_inf(p):
        return bytes(size)
    x, y = normalize(p)
    return element(x) + element(y)


def g1(p):
    return point(p, 128)


def g2(p):
    return point(p, 256)


vectors = []


def vector(address, data, output):
    vectors.append({"address": address, "input": data.hex(), "output": None if output is None else output.hex()})


def groups(add_address, encode, generator, infinity, stray):
    a, c = multiply(generator, R.randrange(curve_order)), multiply(generator, R.randrange(curve_order))
    for p, q in [(a, c), (a, a), (a, neg(a)), (a, infinity), (infinity, infinity), (a, stray)]:
        vector(add_address, encode(p) + encode(q), encode(add(p, q)))
    off = bytearray(encode(a))
    off[-1] ^= 1
    large = bytearray(encode(a))
    large[:64] = number(field_modulus)
    padded = bytearray(encode(a))
    padded[0] = 1
    for wrong in [bytes(off), bytes(large), bytes(padded)]:
        vector(add_address, wrong + encode(c), None)
        vector(add_address + 1, wrong + bytes(32), None)
    vector(add_address, b"", None)
    vector(add_address, encode(a) + encode(c)[:-1], None)
    vector(add_address, encode(a) + encode(c) + b"\0", None)

    def scalar(value):
        return value.to_bytes(32, "big")

    for scalars in [[0], [1], [2], [curve_order - 1], [curve_order], [2**256 - 1], [3, 5, 0], [R.getrandbits(256)] * 2]:
        points = [multiply(generator, R.randrange(curve_order)) for _ in scalars]
        if len(scalars) == 3:
            points[0] = infinity
        total = infinity
        for p, k in zip(points, scalars):
            total = add(total, multiply(p, k))
        vector(add_address + 1, b"".join(encode(p) + scalar(k) for p, k in zip(points, scalars)), encode(total))
    vector(add_address + 1, b"", None)
    vector(add_address + 1, encode(a) + bytes(31), None)
    vector(add_address + 1, encode(stray) + scalar(1), None)


# Points of the curves that are not in the subgroups.
stray1, stray2 = map_to_curve_G1(FQ(5)), map_to_curve_G2(FQ2([5, 6]))
groups(0x0B, g1, G1, Z1, stray1)
groups(0x0D, g2, G2, Z2, stray2)

k = R.randrange(curve_order)
for pairs in [
        [(G1, G2)], [(G1, G2), (neg(G1), G2)], [(multiply(G1, k), G2), (neg(G1), multiply(G2, k))],
        [(Z1, G2)], [(G1, Z2)], [(Z1, Z2), (multiply(G1, 2), G2)]]:
    product = FQ12.one()
    for p, q in pairs:
        product *= pairing(q, p)
    vector(0x0F, b"".join(g1(p) + g2(q) for p, q in pairs), int(product == FQ12.one()).to_bytes(32, "big"))
for data in [b"", g1(G1), g1(G1) + g2(G2) + b"\0", g1(stray1) + g2(G2), g1(G1) + g2(stray2), g1(stray1) + g2(Z2)]:
    vector(0x0F, data, None)

for u in [0, 1, 11, field_modulus - 1] + [R.randrange(field_modulus) for _ in range(4)]:
    vector(0x10, number(u), g1(clear_cofactor_G1(map_to_curve_G1(FQ(u)))))
for u in [(0, 0), (1, 0), (0, 1), (field_modulus - 1, 2)] + [
        (R.randrange(field_modulus), R.randrange(field_modulus)) for _ in range(4)]:
    vector(0x11, number(u[0]) + number(u[1]), g2(clear_cofactor_G2(map_to_curve_G2(FQ2(u)))))
for address, size in [(0x10, 64), (0x11, 128)]:
    for data in [b"", bytes(size - 1), bytes(size + 1), b"\1" + bytes(size - 1), number(field_modulus) + bytes(size - 64)]:
        vector(address, data, None)

(Path(sys.argv[1]) / "bls12381.json").write_text(json.dumps(vectors, indent=0) + "\n")
print(len(vectors))
