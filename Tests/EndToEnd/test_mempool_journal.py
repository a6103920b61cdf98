"""What waits in the mempool waits again after a restart, whatever ended the process."""

from node import RICH, Wallet, wait_for_receipt, wait_until


def parked(node) -> int:
    return int(node.call("txpool_status")["queued"], 16)


def journal(node) -> dict:
    return node.health()[1]["components"]["mempool_journal"]


def send_gapped(node, wallet, nonces) -> list[str]:
    return [wallet.send(to=wallet.address, value=1, nonce=nonce) for nonce in nonces]


def test_what_waits_survives_a_kill(own_node):
    node = own_node()
    wallet = Wallet(node, RICH)
    executed = wallet.transact(to=RICH.address)["transactionHash"]
    hashes = send_gapped(node, wallet, [2, 3, 5])
    node.kill()
    node.start()
    assert parked(node) == 3
    line, = [line for line in node.log().splitlines() if "the mempool has what waited" in line]
    assert "admitted=3" in line and "refused=1" in line, line
    for transaction_hash in hashes:
        assert node.call("eth_getTransactionByHash", transaction_hash)["blockNumber"] is None
    assert node.metrics()['mempool_journal_restored_total{result="admitted"}'] == 3
    # The one that was missing lets those behind it go.
    wallet.transact(to=RICH.address)
    for transaction_hash in hashes[:2]:
        assert wait_for_receipt(node, transaction_hash)["status"] == "0x1"
    assert parked(node) == 1
    assert node.call("eth_getTransactionReceipt", executed)["status"] == "0x1"
    # After a clean end, too.
    assert node.stop() == 0
    node.start()
    assert parked(node) == 1
    node.stop()
    # Nothing is kept where nobody wants it.
    node.options["MEMPOOL_JOURNAL_ENABLED"] = "false"
    node.start()
    assert parked(node) == 0 and "mempool_journal" not in node.health()[1]["components"]


def test_a_damaged_journal_costs_what_stood_behind_the_damage(own_node):
    node = own_node()
    wallet = Wallet(node, RICH)
    send_gapped(node, wallet, [2, 3, 5])
    node.kill()
    file, = (node.directory / "db" / "mempool").iterdir()
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)
    node.start()
    assert parked(node) == 2
    assert "the end of the mempool's journal is cut off" in node.log()
    assert journal(node) == {"status": "ready"}


def test_a_full_disk_turns_the_journal_off_and_stops_nobody(own_node, shim, tmp_path):
    node = own_node(
        LD_PRELOAD=str(shim), FAULTS_FOLDER=str(tmp_path / "db" / "mempool"), FAULTS_KINDS="space", FAULTS_EVERY="1",
        FAULTS_AFTER="8", FAULTS_STICKY="1", SWIFT_BACKTRACE="enable=no")
    wallet = Wallet(node, RICH)

    def is_off():
        assert wallet.nonce < 60
        wallet.transact(to=RICH.address)
        return "No space left on device" in journal(node).get("details", "")

    wait_until(is_off)
    assert journal(node)["status"] == "degraded" and node.health()[0] == 200
    assert node.metrics()["mempool_journal_off"] == 1
    assert node.log().count("the mempool's journal is off") == 1
    send_gapped(node, wallet, [wallet.nonce + 1])
    assert parked(node) == 1
    wallet.transact(to=RICH.address)
    wait_until(lambda: parked(node) == 0)
    assert node.stop() == 0
    for name in ("LD_PRELOAD", "FAULTS_FOLDER"):
        del node.options[name]
    node.start()
    assert journal(node) == {"status": "ready"}
