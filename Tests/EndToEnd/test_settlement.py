"""The way of batches to L1 and what may happen on it: every batch is committed and executed once, and L2 never stops."""

import random
import time

import pytest

from node import RICH, Node, Wallet, wait_until
from rollup import COMMIT, OPERATOR, Rollup, tagged


@pytest.fixture
def rollup(tmp_path):
    made = []

    def make(*arguments: str) -> Rollup:
        made.append(Rollup(tmp_path, *arguments))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_whole_rollup_in_one_process(own_node):
    """What `make run` starts."""
    node = own_node(
        DEVELOPMENT_L1_ENABLED="true", DEVELOPMENT_L1_ADDRESS="localhost:0", PROVER_API_FAKE_PROVERS="1",
        PROVER_API_FAKE_COMPUTE_TIME="0s", PROVER_API_FAKE_MIN_AGE="0s")
    block = int(Wallet(node, RICH).transact(to=RICH.address, value=1)["blockNumber"], 16)
    wait_until(lambda: tagged(node, "finalized") >= block, 60)
    assert tagged(node, "safe") >= block


def test_batches_are_committed_proved_and_executed_once(rollup):
    rollup = rollup()
    rollup.start()
    last = rollup.transact(5)
    rollup.wait_executed(last)
    wait_until(lambda: tagged(rollup.node, "safe") >= last)
    # What this L1 calls finalized is two epochs of 32 blocks behind its newest.
    assert rollup.finalized() < last
    rollup.program.call("anvil_mine", 70)
    wait_until(lambda: rollup.finalized() >= last)
    rollup.check_once(last)


def test_blocks_that_were_made_without_an_l1_settle_once_there_is_one(rollup):
    rollup = rollup()
    rollup.proxy.cut()
    rollup.start()
    last = rollup.transact(5)
    assert rollup.committed() == 0
    rollup.proxy.resume()
    rollup.wait_executed(last)
    rollup.check_once(last)


def test_an_l1_that_is_cut_off_and_comes_back(rollup):
    rollup = rollup("--block-time", "1")
    rollup.start()
    rollup.transact(2)
    rollup.proxy.cut()
    time.sleep(2)
    last = rollup.transact(3)
    rollup.proxy.resume()
    rollup.wait_executed(last)
    rollup.check_once(last)


def test_an_l1_that_answers_nothing(rollup):
    rollup = rollup()
    rollup.start()
    rollup.wait_executed(rollup.transact(1))
    rollup.proxy.mode = "hang"
    last = rollup.transact(3)
    rollup.proxy.resume()
    rollup.wait_executed(last, 90)
    rollup.check_once(last)


def test_an_l1_that_is_far_away(rollup):
    rollup = rollup("--block-time", "1")
    rollup.proxy.delay = 0.3
    rollup.start()
    last = rollup.transact(3)
    rollup.wait_executed(last, 120)
    rollup.check_once(last)


def test_an_l1_that_lies(rollup):
    """Of three answers one is another node's idea of the chain, or nonsense."""
    rollup = rollup()
    chance = random.Random(14)
    lies = ["0x", "0x" + "ff" * 32, None, [], {}, "0x1", 7, "nonsense"]

    def lie(method, parameters, answer):
        if chance.random() < 1 / 3:
            answer = {"jsonrpc": "2.0", "id": answer["id"], "result": chance.choice(lies)}
        return answer

    node = rollup.start()
    rollup.proxy.lie = lie
    last = rollup.transact(3)
    time.sleep(3)
    assert node.process.poll() is None
    rollup.proxy.lie = None
    rollup.wait_executed(last, 90)
    rollup.check_once(last)


def test_replies_that_are_lost(rollup):
    """The transaction is in the pool, and nobody was told."""
    rollup = rollup("--block-time", "1")
    rollup.proxy.loses_reply = {"eth_sendRawTransaction"}
    rollup.start()
    last = rollup.transact(3)
    rollup.wait_executed(last, 90)
    rollup.check_once(last)


def test_no_more_wait_in_the_pool_than_the_limit_and_all_drain(rollup):
    rollup = rollup("--no-mining")
    rollup.start(L1_SENDER_COMMAND_LIMIT="8")
    last = rollup.transact(12)
    wait_until(lambda: rollup.pooled() == 8, 30)
    most = 0
    for _ in range(20):
        most = max(most, rollup.pooled())
        time.sleep(0.05)
    assert most == 8
    rollup.program.call("evm_setIntervalMining", 1)
    rollup.wait_executed(last, 90)
    rollup.check_once(last)
    # One at a time they would take a block each.
    assert rollup.blocks(COMMIT) * 2.5 <= last


@pytest.mark.parametrize("signal", ["kill", "stop"])
def test_a_node_that_ends_with_a_full_window(rollup, signal):
    rollup = rollup("--no-mining")
    node = rollup.start(L1_SENDER_COMMAND_LIMIT="8")
    last = rollup.transact(12)
    wait_until(lambda: rollup.pooled() == 8, 30)
    getattr(node, signal)()
    rollup.start(L1_SENDER_COMMAND_LIMIT="8")
    time.sleep(1)
    assert rollup.pooled() <= 8
    rollup.program.call("evm_setIntervalMining", 1)
    rollup.wait_executed(last, 90)
    rollup.check_once(last)


def test_a_node_that_is_killed_over_and_over(rollup):
    rollup = rollup()
    last = 0
    for round in range(5):
        node = rollup.start()
        last = rollup.transact(2)
        time.sleep(0.05 * round)
        node.kill()
    rollup.start()
    rollup.wait_executed(last, 90)
    rollup.check_once(last)


def test_a_base_fee_beyond_the_cap_is_waited_for(rollup):
    rollup = rollup("--block-time", "1")
    rollup.start()
    rollup.wait_executed(rollup.transact(1))
    rollup.program.call("anvil_setNextBlockBaseFeePerGas", hex(5_000 * 10**9))
    rollup.program.call("evm_mine")
    last = rollup.transact(3)
    assert rollup.executed() < last
    # Blocks that are empty let the fee fall by an eighth each; this is quicker.
    rollup.program.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    rollup.wait_executed(last, 90)
    rollup.check_once(last)


def test_an_l1_whose_clock_is_days_ahead(rollup):
    rollup = rollup()
    rollup.start()
    rollup.wait_executed(rollup.transact(1))
    rollup.program.call("evm_increaseTime", 3 * 86_400)
    last = rollup.transact(2)
    rollup.wait_executed(last)
    rollup.check_once(last)


def test_foreign_tips_do_not_raise_ours_beyond_the_cap(rollup):
    rollup = rollup()
    for nonce in range(20):
        rollup.program.send(
            rollup.program.accounts[1], to=OPERATOR, value=1, maxPriorityFeePerGas=100 * 10**9, maxFeePerGas=10**12)
    rollup.start()
    last = rollup.transact(2)
    rollup.wait_executed(last)
    for number in range(rollup.l1.web3.eth.block_number + 1):
        for transaction in rollup.l1.rpc("eth_getBlockByNumber", hex(number), True)["transactions"]:
            if transaction["from"].lower() == OPERATOR.lower():
                assert int(transaction["maxPriorityFeePerGas"], 16) <= 2 * 10**9
                assert int(transaction["maxFeePerGas"], 16) <= 100 * 10**9


def test_batches_that_are_given_up_on_l1_are_committed_again(rollup):
    rollup = rollup()
    # Nothing is proved, so that the batches stay where they can be given up.
    node = rollup.start(L1_SENDER_PROVE="off")
    last = rollup.transact(4)
    wait_until(lambda: rollup.committed() >= last, 60)
    node.stop()
    operator = "anvil_impersonateAccount"
    rollup.program.call(operator, OPERATOR)
    call = rollup.l1.encode("revertBatchesSharedBridge(uint256,uint256)", 270, 1)
    hash = rollup.program.call(
        "eth_sendTransaction", {"from": OPERATOR, "to": timelock(rollup), "data": "0x" + call.hex()})
    assert rollup.l1.web3.eth.wait_for_transaction_receipt(hash, timeout=60).status == 1
    assert rollup.committed() == 1
    rollup.start()
    rollup.wait_executed(last, 90)
    assert rollup.numbers(COMMIT) == [*range(1, last + 1), *range(2, last + 1)]
    assert rollup.failures() == []


def timelock(rollup: Rollup) -> str:
    manager = rollup.l1.read(rollup.l1.bridgehub, "chainTypeManager(uint256)", "address", 270)
    return rollup.l1.read(manager, "validatorTimelock()", "address")


@pytest.mark.parametrize("keep", [True, False])
def test_an_l1_that_reorganises(rollup, keep):
    rollup = rollup("--block-time", "1")
    rollup.start()
    rollup.wait_executed(rollup.transact(3))
    rollup.program.call("anvil_reorg", {"depth": 3, "tx_block_pairs": [], "keep": keep})
    last = rollup.transact(2)
    rollup.wait_executed(last, 90)
    assert rollup.numbers(COMMIT)[:last] == list(range(1, last + 1))


def test_an_l1_that_begins_anew_under_a_live_node(rollup):
    """The lanes go off and say why; L2 goes on."""
    rollup = rollup()
    node = rollup.start()
    snapshot = rollup.program.call("evm_snapshot")
    rollup.wait_executed(rollup.transact(3))
    rollup.program.call("evm_revert", snapshot)
    before = node.head()
    rollup.transact(3)
    assert node.head() >= before + 3
    assert node.process.poll() is None


def test_a_foreign_transaction_of_the_operator(rollup):
    """Nothing is sent before what waits of the account's has been mined."""
    rollup = rollup("--no-mining")
    rollup.program.call("anvil_impersonateAccount", OPERATOR)
    rollup.program.call(
        "eth_sendTransaction", {"from": OPERATOR, "to": OPERATOR, "value": "0x1", "gas": "0x5208"})
    rollup.start()
    last = rollup.transact(3)
    time.sleep(2)
    assert rollup.pooled() == 1
    rollup.program.call("evm_setIntervalMining", 1)
    rollup.wait_executed(last, 90)
    rollup.check_once(last)


def test_a_second_node_with_the_same_key_loses_nothing(rollup, tmp_path):
    rollup = rollup()
    rollup.start()
    other_directory = tmp_path / "other"
    other_directory.mkdir()
    other = Node(other_directory, **rollup.options()).start()
    try:
        last = rollup.transact(4)
        assert other.process.poll() is None
    finally:
        other.close()
    assert rollup.node.head() >= last
    assert rollup.node.process.poll() is None


def test_a_full_disk_under_what_the_sender_writes_down(rollup, shim):
    """What cannot be written down is not sent. Blocks go on, and after a restart with room everything settles once."""
    rollup = rollup()
    rollup.start(
        LD_PRELOAD=str(shim), FAULTS_FOLDER=str(rollup.directory / "db" / "l1_sender"), FAULTS_KINDS="space",
        FAULTS_EVERY="1", FAULTS_AFTER="80", FAULTS_STICKY="1", SWIFT_BACKTRACE="enable=no")

    def sender() -> dict:
        return rollup.node.health()[1]["components"]["l1_sender"]

    last = rollup.transact(1)
    while "No space left on device" not in sender().get("details", ""):
        assert last < 60, sender()
        last = rollup.transact(1)
    assert sender()["status"] == "degraded" and rollup.node.health()[0] == 200
    last = rollup.transact(3)
    assert rollup.committed() < last
    assert rollup.node.stop() == 0

    rollup.start()
    last = rollup.transact(1)
    rollup.wait_executed(last)
    rollup.check_once(last)
