"""`zkos guest key`: what a program is known by in proofs."""

import json
import os
import subprocess

import pytest

from provers import ZKOS

GUEST = os.environ.get("ZKSYNC_OS_IMAGE_V0_0_5")
RECURSION = os.environ.get("RECURSION_IMAGE")


def key(*arguments):
    return subprocess.run([ZKOS, "guest", "key", *map(str, arguments)], capture_output=True, text=True, timeout=300)


@pytest.mark.skipif(
    not (GUEST and RECURSION), reason="ZKSYNC_OS_IMAGE_V0_0_5 and RECURSION_IMAGE are not both set")
def test_the_chain_of_a_guest_and_a_recursion_program():
    arguments = ["--image", GUEST, "--recursion-image", RECURSION]
    answer = key(*arguments, "--json")
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    found = json.loads(answer.stdout)
    assert found["machine"] == "standard" and found["finalPC"] == 0xB03B4
    # tools/verifier/universal.reduced.vk.json of zksync-airbender v0.3.3, least significant byte first.
    assert found["recursionKey"] == "0x57015604af11cd59673f086e0ec0a6d73538e154bed2792f4d5ded6452d45821"
    # What proofs of blocks of this guest show in x18 ... x25.
    words = [2914915295, 1576365464, 1956008492, 953907104, 1812942949, 1774777713, 3649152531, 2090441745]
    assert found["chain"] == "0x" + b"".join(word.to_bytes(4, "little") for word in words).hex()


def test_what_is_no_program_is_refused(tmp_path):
    image = tmp_path / "image.bin"
    for content, reason in [
        (b"", "0 bytes are no image"),
        (bytes(4098), "4098 bytes are no image"),
        (bytes(4096), "the sequence of instructions with which guests end is not in it"),
    ]:
        image.write_bytes(content)
        answer = key("--image", image)
        assert answer.returncode != 0 and answer.stdout == ""
        assert str(image) in answer.stderr and reason in answer.stderr
    absent = key("--image", tmp_path / "absent")
    assert absent.returncode != 0 and "absent" in absent.stderr
    mixed = key("--image", image, "--machine", "recursion", "--recursion-image", image)
    assert mixed.returncode != 0 and "a chain begins with a guest" in mixed.stderr
