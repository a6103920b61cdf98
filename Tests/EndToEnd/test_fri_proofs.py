"""Proofs of provers, verified by `zkos proof fri`, and guests of the machine that verifies them."""

import base64
import json
import os
import pathlib
import struct
import subprocess

import pytest

from node import BINARY

ZKOS = BINARY.parent / "zkos"
IMAGE = os.environ.get("PROOF_VERIFIER_IMAGE")
PROOFS = pathlib.Path(os.environ.get("FRI_PROOFS", "/nowhere"))
needs_proofs = pytest.mark.skipif(
    not (IMAGE and PROOFS.is_dir()), reason="PROOF_VERIFIER_IMAGE or FRI_PROOFS is not set"
)

BLOCK_1 = "0x6124ef982191a8303cfb309b854a27869468f2ea9c71e4feab5f095212f9f80a"
CHAIN = "0xdf13bead986df55d2c529674a077db3865500f6c71f5c86913a681d9119c997c"


def zkos(*arguments, stdin: bytes | None = None) -> tuple[int, str]:
    output = subprocess.run([str(ZKOS), *map(str, arguments)], input=stdin, capture_output=True, timeout=120)
    return output.returncode, (output.stdout + output.stderr).decode()


def verify(proof, *arguments, stdin=None) -> tuple[int, str]:
    return zkos("proof", "fri", proof, "--verifier", IMAGE, *arguments, stdin=stdin)


@needs_proofs
def test_a_proof_of_a_block_holds():
    code, text = verify(PROOFS / "block-1.bincode1", "--program", "0.0.5", "--public-input", BLOCK_1)
    assert code == 0, text
    assert "bincode 1, 1432744 bytes" in text and "349197 words" in text and "6670159 cycles" in text
    assert f"public input  {BLOCK_1}" in text and f"program       {CHAIN}" in text
    assert "guest v0_0_5, recursion of airbender v0.3.3" in text
    assert text.endswith("the proof holds\n")
    # The program by its hash, and none at all, which is said.
    assert verify(PROOFS / "block-1.bincode1", "--program", CHAIN)[0] == 0
    code, text = verify(PROOFS / "block-1.bincode1")
    assert code == 0 and text.endswith("the proof holds, for whatever program this is\n")


@needs_proofs
def test_a_proof_that_holds_for_something_else_is_refused():
    for arguments, reason in [
        (("--public-input", "0x" + "ab" * 32), "another public input"),
        (("--program", "0.0.4"), "another program was proved"),
        (("--program", "0x" + "ab" * 32), "another program was proved"),
    ]:
        code, text = verify(PROOFS / "block-1.bincode1", *arguments)
        assert code == 1 and "refused: " in text and reason in text, text


@needs_proofs
def test_a_submission_and_a_job_hold_proofs():
    proof = (PROOFS / "block-2.bincode1").read_bytes()
    body = json.dumps({"block_number": 2, "proof": base64.b64encode(proof).decode()}).encode()
    code, text = verify("-", "--program", "v0_0_5", stdin=body)
    assert code == 0 and "6672226 cycles" in text, text
    # The job of a SNARK prover, whose proof is in the short encoding and of another guest.
    code, text = verify(PROOFS / "batch-snark-job.json")
    assert code == 0 and "bincode 2" in text and "6669583 cycles" in text and "unknown" in text, text
    for body, reason in [(b'{"fri_proofs": []}', "neither"), (b'{"proof": "?"}', "no base64"), (b"{", "refused")]:
        code, text = verify("-", stdin=body)
        assert code == 1 and reason in text, text


@needs_proofs
def test_forgeries_are_refused():
    code, text = verify(PROOFS / "batch-204254-v0.5.2.json")
    assert code == 1 and "refused: the proof does not hold (refused after 51300 cycles)" in text, text
    proof = bytearray((PROOFS / "batch-snark-job.bincode1").read_bytes())
    # x10 … x17 of block 1 in a proof of another block: 32 registers of 12 bytes stand before 32 + 65 + 33 bytes.
    registers = len(proof) - 130 - 384
    for index, (word,) in enumerate(struct.iter_unpack("<I", bytes.fromhex(BLOCK_1[2:]))):
        struct.pack_into("<I", proof, registers + 12 * (10 + index), word)
    code, text = verify("-", "--public-input", BLOCK_1, stdin=bytes(proof))
    assert code == 1 and "refused: the proof does not hold" in text, text
    code, text = verify("-", stdin=bytes(proof[:-1]))
    assert code == 1 and "refused: the proof ends too early at byte" in text, text


def test_only_the_verifier_is_a_verifier(tmp_path):
    image, proof = tmp_path / "image.bin", tmp_path / "proof.bin"
    image.write_bytes(bytes([0x6F, 0, 0, 0]))
    proof.write_bytes(b"\x01" + bytes(63))
    code, text = zkos("proof", "fri", proof, "--verifier", image)
    assert code == 1 and "81300f06581fecbed7862114d78da6bbc326e7442bcf47d61148befa54ebb9a3" in text, text
    code, text = zkos("proof", "fri", proof, "--verifier", tmp_path / "missing.bin")
    assert code == 1 and "refused" in text, text
    for option in (("--program", "0.0.9"), ("--public-input", "0x12")):
        assert zkos("proof", "fri", proof, "--verifier", image, *option)[0] == 64


def test_field_operations_belong_to_the_recursion_machine(tmp_path):
    guest = tmp_path / "guest.bin"
    # Reads a word, sends it times itself in the field, leaves it in a0, and ends.
    guest.write_bytes(struct.pack("<4I", 0x7C001573, 0x8AA54573, 0x7C051073, 0x0000006F))
    words = tmp_path / "words.bin"
    words.write_bytes(struct.pack("<I", 0xFFFFFFFD))
    code, text = zkos("guest", "run", "--image", guest, "--input", words, "--machine", "recursion")
    # 2³² − 3 is −1 modulo 2³¹ − 1.
    assert code == 0 and "halted at pc 0x0000000c after 4 cycles" in text and "x10…x17 0x01000000" in text, text
    code, text = zkos("guest", "run", "--image", guest, "--input", words)
    assert code == 1 and "bad instruction 0x8aa54573 at pc 0x00000004" in text, text
    assert "fmul31 a0, a0, a0" in zkos("guest", "disassemble", "--image", guest, "--machine", "recursion")[1]
    assert ".word 0x8aa54573" in zkos("guest", "disassemble", "--image", guest)[1]
