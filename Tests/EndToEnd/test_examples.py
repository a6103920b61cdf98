"""The programs of Examples/ do what their first lines say."""

import subprocess

from node import BINARY


def run(name, *arguments):
    return subprocess.run([BINARY.parent / name, *arguments], capture_output=True, text=True, check=True).stdout


def test_run_contract():
    # 2,100 for the cold slot, 2,900 for its change, 631 for the log, 33 for small instructions and memory; as revm has it.
    assert run("run-contract", "5").split() == [
        "status", "returned", "output", "42", "gas", "used", "5664", "slot", "0", "42"]
