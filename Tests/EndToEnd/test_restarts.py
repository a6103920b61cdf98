"""Many restarts, half of them after a kill: files do not pile up. `RESTARTS=1000` for the long form."""

import os

from node import RICH, Wallet

RESTARTS = int(os.environ.get("RESTARTS", "24"))


def counts(folder) -> dict[str, tuple[int, int]]:
    """Logs and tables of each database."""
    stores = ["replay_log", "state", "blocks"]
    return {store: tuple(len(list((folder / store).glob(f"*.{kind}"))) for kind in ["log", "sst"]) for store in stores}


def test_restarts_leave_no_files_behind(own_node):
    node = own_node()
    receipt = Wallet(node, RICH).transact(to=RICH.address)
    most = {store: (0, 0) for store in ["replay_log", "state", "blocks"]}
    for number in range(RESTARTS):
        if number % 2:
            node.kill()
        else:
            node.stop()
        node.start()
        Wallet(node, RICH).transact(to=RICH.address)
        for store, found in counts(node.directory / "db").items():
            most[store] = tuple(map(max, most[store], found))
    print(f"{RESTARTS} restarts, at most (logs, tables): {most}")
    for store, (logs, tables) in most.items():
        assert logs <= 8, most
        # Six columns at most, each with a few files of a level that is merged soon, and runs of tiny ones.
        assert tables <= 90, most
    assert node.call("eth_getTransactionReceipt", receipt["transactionHash"]) == receipt
