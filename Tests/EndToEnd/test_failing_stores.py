"""A store that fails under a running node: the client is not blamed, and the log says what happened."""

import pytest

from node import RICH, Wallet, fund

INTERNAL_ERROR = -32603


def damage(folder) -> None:
    """Every byte of the sorted files becomes another. The files of a running node are open: it reads what is there now."""
    files = list(folder.glob("*.sst"))
    assert files, "nothing has been written to the disk yet"
    for file in files:
        with open(file, "r+b") as content:
            flipped = bytes(byte ^ 0xFF for byte in content.read())
            content.seek(0)
            content.write(flipped)


@pytest.fixture
def old_node(own_node):
    """A node that has begun anew and keeps little in memory; the wallet is one that it must look up."""
    # What the journal of the mempool has would be looked up at the start, and be in memory then.
    node = own_node(SEQUENCER_BLOCKS_TO_RETAIN_IN_MEMORY="0", MEMPOOL_JOURNAL_ENABLED="false")
    wallet = Wallet(node)
    fund(node, [wallet], 10**18)
    for _ in range(3):
        Wallet(node, RICH).transact(to=RICH.address)
    # What the log of a database holds becomes a sorted file when it is opened.
    node.stop()
    node.start()
    return node, wallet


def test_a_block_that_cannot_be_read(old_node):
    node, _ = old_node
    damage(node.directory / "db" / "blocks")
    error = node.refusal("eth_getBlockByNumber", "0x2", False)
    assert error.code == INTERNAL_ERROR, error
    assert "orrupt" in node.log()
    # What needs none of it goes on.
    assert node.call("eth_chainId") == "0x10e"


def test_a_state_that_cannot_be_read(old_node):
    node, wallet = old_node
    raw = "0x" + wallet.sign(to=RICH.address).hex()
    damage(node.directory / "db" / "state")
    for method, *parameters in [
        ("eth_sendRawTransaction", raw),
        ("eth_getBalance", wallet.address, "latest"),
        ("eth_getTransactionCount", wallet.address, "latest"),
        ("eth_call", {"to": wallet.address}, "latest"),
        ("eth_estimateGas", {"from": wallet.address, "to": RICH.address, "value": "0x1"}),
    ]:
        error = node.refusal(method, *parameters)
        assert error.code == INTERNAL_ERROR, f"{method}: {error}"
    assert "orrupt" in node.log()
