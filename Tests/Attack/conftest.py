import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "EndToEnd"))

from harness import measure  # noqa: E402
from node import Node  # noqa: E402


@pytest.fixture
def under_attack(tmp_path):
    """Starts a node of its own, measures it without, with and after an attack, and asserts the bounds: see `harness`."""

    def run(attack, *, processes=1, bounds=None, meanwhile=None, **options):
        node = Node(tmp_path, **options).start()
        try:
            return measure(node, attack, processes=processes, bounds=bounds, meanwhile=meanwhile)
        finally:
            node.close()

    return run
