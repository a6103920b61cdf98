"""The committed artifacts of `contracts/` are what its sources give."""

import subprocess
import sys

from node import ROOT


def test_artifacts_are_what_the_sources_give():
    check = subprocess.run(
        [sys.executable, str(ROOT / "contracts" / "build"), "--check"], capture_output=True, text=True, timeout=300)
    assert check.returncode == 0, check.stdout + check.stderr
