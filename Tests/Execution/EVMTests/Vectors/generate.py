"""Writes programs.json and precompiles.json: programs and what pyrevm (revm) makes of them under Cancun.

Run with pyrevm and py-ecc from PyPI: python generate.py DIRECTORY
"""

import json
import random
import sys
from pathlib import Path

import pyrevm
from py_ecc.optimized_bn128 import G1, G2, curve_order, multiply, neg, normalize

CONTRACT = "0x000000000000000000000000000000000000c0de"
OTHER = "0x000000000000000000000000000000000000beef"
SENDER = "0x00000000000000000000000000000000005e4de4"
# Doubles its first word and stores it, or reverts with it where it is odd.
OTHER_CODE = bytes.fromhex("5f35600116600f575f358060021b5f555f5260205ff35b60205f5f3760205ffd")


def run(code, data, gas):
    evm = pyrevm.EVM(spec_id="CANCUN", gas_limit=30_000_000)
    evm.set_block_env(pyrevm.BlockEnv(number=300, timestamp=1000, gas_limit=30_000_000, prevrandao=bytes(32)))
    evm.insert_account_info(SENDER, pyrevm.AccountInfo(balance=10**18))
    evm.insert_account_info(CONTRACT, pyrevm.AccountInfo(balance=1000, nonce=1, code=code))
    evm.insert_account_info(OTHER, pyrevm.AccountInfo(balance=0, nonce=1, code=OTHER_CODE))
    evm.insert_account_storage(CONTRACT, 1, 7)
    output = b""
    try:
        output = bytes(evm.message_call(SENDER, CONTRACT, calldata=data, gas=gas))
    except RuntimeError:
        pass
    result = evm.result
    if result.is_halt:
        status = "halt"
    elif result.is_success:
        status = "success"
    else:
        status, output = "revert", b""
    slots = {}
    for key in range(8):
        value = evm.storage(CONTRACT, key) or 0
        if value:
            slots[hex(key)] = hex(value)
    return {
        "code": code.hex(), "input": data.hex(), "gas": gas, "status": status, "output": output.hex(),
        "gasUsed": result.gas_used, "logs": len(result.logs), "storage": slots,
    }


def number(r):
    kind = r.randrange(6)
    if kind == 0:
        return r.randrange(4)
    if kind == 1:
        return r.randrange(300)
    if kind == 2:
        return r.getrandbits(64)
    if kind == 3:
        return r.getrandbits(256)
    if kind == 4:
        return (1 << 256) - 1 - r.randrange(300)
    return 1 << r.randrange(256)


def push(value):
    if value == 0:
        return b"\x5f"
    size = (value.bit_length() + 7) // 8
    return bytes([0x5F + size]) + value.to_bytes(size, "big")


def program(r):
    """A program that keeps a stack of at least eight and ends by returning memory."""
    code = b"".join(push(number(r)) for _ in range(8))
    for _ in range(r.randrange(10, 60)):
        kind = r.randrange(14)
        if kind < 5:
            op = r.choice([1, 2, 3, 4, 5, 6, 7, 0x0B, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A, 0x1B, 0x1C, 0x1D])
            code += push(number(r)) * r.randrange(2) + bytes([op]) + push(number(r))
        elif kind == 5:
            code += bytes([r.choice([8, 9])]) + push(number(r)) + push(number(r))
        elif kind == 6:
            code += push(r.getrandbits(r.choice([0, 8, 16, 40]))) + push(number(r)) + b"\x0a"
        elif kind == 7:
            code += bytes([r.choice([0x15, 0x19])]) + bytes([0x80 + r.randrange(6), 0x90 + r.randrange(6)])
        elif kind == 8:
            offset = r.randrange(300)
            code += r.choice([b"\x80" + push(offset) + b"\x52", b"\x80" + push(offset) + b"\x53", push(offset) + b"\x51"])
        elif kind == 9:
            key = push(r.randrange(4))
            code += r.choice([push(r.randrange(3)) + key + b"\x55", key + b"\x54", push(5) + key + b"\x5d", key + b"\x5c"])
        elif kind == 10:
            code += push(r.randrange(200)) + push(r.randrange(200)) + b"\x20"
        elif kind == 11:
            op = r.choice([0x30, 0x33, 0x34, 0x36, 0x38, 0x3D, 0x42, 0x43, 0x46, 0x47, 0x58, 0x59, 0x5A])
            code += bytes([op]) if op != 0x5A else b"\x5a\x50" + push(1)
        elif kind == 12:
            copy = r.choice([0x37, 0x39, 0x5E])
            code += push(r.randrange(100)) + push(r.randrange(150)) + push(r.randrange(100)) + bytes([copy])
            if r.randrange(3) == 0:
                topics = r.randrange(5)
                code += push(3) * topics + push(r.randrange(64)) + push(r.randrange(64)) + bytes([0xA0 + topics])
        else:
            target = r.choice([0xBEEF, 0xDEAD, 2, 4, 0xC0DE])
            gas = push(r.choice([0, 100, 3000, 60000])) if r.randrange(2) or target == 0xC0DE else b"\x5a"
            size = push(r.randrange(70)) + push(r.randrange(70)) + push(r.randrange(70)) + push(r.randrange(70))
            choice = r.randrange(5)
            if choice < 2:
                code += size + push(r.choice([0, 0, 1, 5000])) + push(target) + gas + bytes([0xF1 + choice])
            elif choice < 4:
                code += size + push(target) + gas + bytes([[0xF4, 0xFA][choice - 2]])
            else:
                create2 = r.randrange(2)
                code += push(r.randrange(9)) * create2 + push(r.randrange(60)) + push(r.randrange(60))
                code += push(r.choice([0, 1])) + bytes([0xF0 + 5 * create2])
            code += push(0) + push(0) + push(0) + b"\x3d" + b"\x50" * 4 if choice == 4 else b""
        # Keep the stack near its height.
        if r.randrange(3) == 0:
            code += push(number(r))
    return code + push(0) + b"\x52" + push(r.randrange(200)) + push(r.randrange(64)) + bytes([r.choice([0xF3, 0xF3, 0xF3, 0xFD])])


def caller(address):
    """Passes its calldata to a precompile; returns its output after a word with the success flag."""
    return (
        bytes.fromhex("365f5f37") + bytes.fromhex("5f5f365f") + bytes([0x60, address]) + bytes.fromhex("5afa5f52")
        + bytes.fromhex("3d5f60203e") + bytes.fromhex("3d6020015ff3")
    )


def point(p):
    if p is None:
        return bytes(64)
    x, y = normalize(p)
    return x.n.to_bytes(32, "big") + y.n.to_bytes(32, "big")


def twist(p):
    x, y = normalize(p)
    return b"".join(c.to_bytes(32, "big") for c in (int(x.coeffs[1]), int(x.coeffs[0]), int(y.coeffs[1]), int(y.coeffs[0])))


def precompile_inputs(r):
    word = lambda n: n.to_bytes(32, "big")
    yield 1, bytes.fromhex(
        "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3"
        "000000000000000000000000000000000000000000000000000000000000001c"
        "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608"
        "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada")
    yield 1, bytes(128)
    yield 1, word(1) + word(27) + word(1) + word(1)
    yield 1, word(1) + word(29) + word(1) + word(1)
    yield 1, word(7) + word(28) + word(2) + word(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364140) + b"xx"
    for length in (0, 1, 55, 56, 63, 64, 65, 200):
        for address in (2, 3, 4):
            yield address, r.randbytes(length)
    for base, exponent, modulus in ((3, 5, 7), (0, 0, 0), (2, 300, 1), (5, 0, 13), (r.getrandbits(512), 65537, r.getrandbits(512) | 1),
                                    (r.getrandbits(256), r.getrandbits(256), r.getrandbits(256) & ~1), (7, 2**255, 2**255 - 19)):
        size = lambda n: (n.bit_length() + 7) // 8
        yield 5, word(size(base)) + word(size(exponent)) + word(size(modulus)) + b"".join(
            n.to_bytes(size(n), "big") for n in (base, exponent, modulus))
    yield 5, word(1) + word(40) + word(2) + b"\x03" + b"\x00" * 39 + b"\x05\x01\x01"
    yield 5, word(0) + word(2**255) + word(0)
    yield 5, word(2**64) + word(1) + word(1)
    yield 5, b""
    yield 5, word(1) + word(1) + word(4) + b"\x05\x02"
    p, q = multiply(G1, 5), multiply(G1, r.getrandbits(250))
    yield 6, point(p) + point(q)
    yield 6, point(p)
    yield 6, point(p) + point(neg(p))
    yield 6, b""
    yield 6, word(1) + word(1)
    yield 6, word(1 + 21888242871839275222246405745257275088696311157297823662689037894645226208583) + word(2)
    yield 7, point(p) + word(curve_order - 1)
    yield 7, point(p) + word(2**256 - 1)
    yield 7, point(q) + word(r.getrandbits(256)) + b"more"
    yield 7, word(2) + word(2)
    yield 8, b""
    yield 8, point(p) + twist(G2) + point(neg(p)) + twist(G2)
    yield 8, point(p) + twist(G2)
    yield 8, point(p) + twist(multiply(G2, 6)) + point(multiply(G1, 30)) + twist(neg(G2))
    yield 8, bytes(191)
    yield 8, bytes(192)
    yield 8, point(p) + word(1) * 4
    for rounds, flag in ((0, 1), (1, 0), (12, 1), (12, 2)):
        yield 9, rounds.to_bytes(4, "big") + r.randbytes(64 + 128 + 16) + bytes([flag])
    yield 9, bytes(212)
    yield 10, bytes(192)
    yield 10, bytes(191)
    infinity = b"\xc0" + bytes(47)
    import hashlib
    hashed = b"\x01" + hashlib.sha256(infinity).digest()[1:]
    yield 10, hashed + word(5) + word(0) + infinity + infinity
    yield 10, hashed + word(5) + word(1) + infinity + infinity


def main(directory):
    r = random.Random(2024)
    programs = [run(program(r), r.randbytes(r.randrange(80)), r.choice([30_000, 60_000, 200_000, 2_000_000])) for _ in range(150)]
    precompiles = [run(caller(address), data, 3_000_000) | {"precompile": address} for address, data in precompile_inputs(r)]
    for name, cases in (("programs", programs), ("precompiles", precompiles)):
        (Path(directory) / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main(sys.argv[1])
