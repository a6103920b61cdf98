"""Requests as ethereum/execution-apis has them: those of its test suite where it is at hand, and our own of each method."""

import os
import pathlib
import re

import pytest

from execution_apis import Replica, answer_difference, difference, simulation_difference, vectors
from node import RICH, ROOT, Node, Wallet, wait_for_receipt

DIRECTORY = os.environ.get("EXECUTION_APIS")
# Their code tells of the block, or of the chain, that it runs in.
SURROUNDINGS = {"block-properties", "use-as-many", "contract-calls-itself", "overwrite-existing", "non-defined", "blockhash", "get-block"}


def deviations() -> dict[str, str]:
    """What `docs/json-rpc.md` says of the requests that we answer otherwise: the reasons by the names of the files."""
    page = (ROOT / "docs/json-rpc.md").read_text()
    rows = page.split("## Requests of execution-apis")[1].split("\n## ")[0].splitlines()
    cells = [row.split(" | ") for row in rows if row.startswith("| `")]
    return {name: cell[-1] for cell in cells for name in re.findall(r"`([a-zA-Z_0-9]+/[^`]+)`", cell[0])}


@pytest.mark.skipif(DIRECTORY is None, reason="EXECUTION_APIS is not set: the folder tests of ethereum/execution-apis")
def test_the_suite_is_answered_but_for_the_deviations_that_are_told(tmp_path):
    folder = pathlib.Path(DIRECTORY)
    node = Node(tmp_path, SEQUENCER_BLOCK_TIME="10ms").start()
    try:
        found = {}
        suite = vectors(folder)
        replica = Replica(node, folder)
        asked = [request for each in suite for request, _ in each.exchanges]
        calls = [each["params"][0] for each in asked if each["method"] in ("eth_call", "eth_estimateGas", "eth_createAccessList")]
        replica.build(set(re.findall(r"0x[0-9a-f]+", str(asked))), {call["from"] for call in calls if "value" in call})
        for vector in suite:
            for request, expected in vector.exchanges:
                expected = replica.words(expected)
                actual = node.request(request["method"], *replica.translate(request)["params"])
                if request["method"] == "eth_simulateV1":
                    other = simulation_difference(expected, actual, any(each in vector.name for each in SURROUNDINGS))
                else:
                    other = answer_difference(expected, actual)
                if other and vector.name not in found:
                    found[vector.name] = other
    finally:
        node.close()
    told = deviations()
    silent = {name: other for name, other in found.items() if name not in told}
    assert not silent, "\n".join(f"{name}: {other}" for name, other in silent.items())
    # What is told must be so; files that another edition of the suite does not have are nobody's fault.
    names = {vector.name for vector in suite}
    assert not {name for name in told if name in names and name not in found}


# MARK: Without the suite

ALICE, BOB, CODE = ("0x" + digit * 40 for digit in "abc")
WORD = "0x" + "00" * 31 + "01"
# Returns the number of the block, and its hash before.
PROBE = "0x436000526001430340602052" + "60406000f3"
# Every method of the suite, as we ask it: parameters, and the shape of the answer or the code of the error.
REQUESTS = [
    ("eth_chainId", [], "0x1"),
    ("eth_blockNumber", [], "0x1"),
    ("eth_baseFee", [], "0x1"),
    ("eth_blobBaseFee", [], "0x1"),
    ("eth_syncing", [], False),
    ("net_version", [], "1"),
    ("eth_getBalance", [ALICE], "0x0"),
    ("eth_getBalance", [RICH.address, "latest"], "0x1"),
    ("eth_getBalance", [RICH.address, "0x7777"], -32000),
    ("eth_getCode", [ALICE, "latest"], "0x"),
    ("eth_getStorageAt", [ALICE, "0x0", "latest"], WORD),
    ("eth_getStorageAt", [ALICE, "0xasdf", "latest"], -32602),
    ("eth_getStorageValues", [{ALICE: ["0x0", WORD], BOB: [WORD]}], {ALICE: [WORD, WORD], BOB: [WORD]}),
    ("eth_getStorageValues", [{}, "latest"], -32602),
    ("eth_getStorageValues", [{"0x12": [WORD]}], -32602),
    ("eth_getStorageValues", [{ALICE: [WORD] * 1025}], -32602),
    ("eth_getTransactionCount", [ALICE], "0x0"),
    ("eth_getBlockByNumber", ["0x7777", True], None),
    ("eth_getBlockByHash", [WORD, True], None),
    ("eth_getBlockReceipts", ["0x0"], []),
    ("eth_getBlockReceipts", [WORD], None),
    ("eth_getBlockTransactionCountByNumber", ["0x0"], "0x0"),
    ("eth_getTransactionByHash", [WORD], None),
    ("eth_getTransactionReceipt", [WORD], None),
    ("eth_getLogs", [{"fromBlock": "latest", "toBlock": "0x7777"}], -32602),
    ("eth_feeHistory", ["0x1", "latest", [95, 99]], {"oldestBlock": "0x1", "reward": [["0x1", "0x1"]], "baseFeePerGas": ["0x1"], "gasUsedRatio": [0.5]}),
    ("eth_call", [{"to": ALICE}, "latest"], "0x"),
    ("eth_call", [{"data": "0x60006000fd"}, "latest"], 3),
    ("eth_estimateGas", [{"from": RICH.address, "to": BOB, "value": "0x1"}], "0x5208"),
    ("eth_createAccessList", [{"to": BOB}, "latest"], {"accessList": [], "gasUsed": "0x5208"}),
    ("eth_config", [], {"current": {"activationTime": 0, "blobSchedule": None, "chainId": "0x1", "forkId": "0x01020304", "precompiles": {"ECREC": ALICE}, "systemContracts": {}}, "next": None, "last": None}),
    ("eth_capabilities", [], {"head": {"number": "0x1", "hash": WORD}, "state": {"disabled": False, "oldestBlock": "0x0"}, "stateproofs": {"disabled": True}}),
    ("eth_fillTransaction", [{"from": RICH.address, "to": BOB}], {"raw": "0x02", "tx": {"type": "0x2", "nonce": "0x0", "gas": "0x5208", "to": BOB, "maxFeePerGas": "0x1", "chainId": "0x1", "hash": WORD}}),
    ("eth_fillTransaction", [{"from": RICH.address, "to": BOB, "chainId": "0x1"}], -32602),
    ("eth_callMany", [[{"transactions": [{"data": PROBE}]}], {"blockNumber": "latest", "transactionIndex": -1}], [[{"value": "0x" + "00" * 64}]]),
    ("eth_callMany", [[{"transactions": [{"data": "0xfe"}]}]], [[{"error": "invalid opcode"}]]),
    ("eth_callMany", [[], {"blockNumber": "latest"}], -32602),
    ("eth_callMany", [[{"transactions": [{}]}], {"blockNumber": "latest", "transactionIndex": 99}], -32000),
    ("debug_traceCallMany", [[{"transactions": [{"to": BOB}]}], {}, {"tracer": "callTracer"}], [[{"type": "CALL", "to": BOB, "gasUsed": "0x5208"}]]),
    ("debug_traceTransaction", [WORD], -32000),
    ("debug_traceBlockByNumber", ["0x0"], -32000),
    ("debug_getRawHeader", ["0x0"], "0xf901"),
    ("debug_getRawHeader", ["2x"], -32602),
    ("txpool_status", [], {"pending": "0x0", "queued": "0x0"}),
    ("eth_simulateV1", [{"blockStateCalls": []}], -32602),
    ("eth_simulateV1", [{"blockStateCalls": [{}] * 257}], -38026),
    ("eth_simulateV1", [{"blockStateCalls": [{"calls": [{}] * 10_001}]}], -38026),
    ("eth_simulateV1", [{"blockStateCalls": [{}]}, "0x7777"], -32000),
]  # fmt: skip


@pytest.mark.parametrize("method, params, expected", REQUESTS)
def test_methods_answer_as_execution_apis_say(node, method, params, expected):
    answer = node.request(method, *params)
    if isinstance(expected, int) and not isinstance(expected, bool):
        assert answer["error"]["code"] == expected, answer
    else:
        assert difference(expected, answer.get("result", answer)) is None


def simulate(node, *blocks, block="latest", **options):
    return node.call("eth_simulateV1", {"blockStateCalls": list(blocks), **options}, block)


def refusal(node, *blocks, **options) -> int:
    return node.refusal("eth_simulateV1", {"blockStateCalls": list(blocks), **options}, "latest").code


def word(text: str) -> int:
    return int(text, 16)


def test_simulated_blocks_follow_each_other_and_the_chain(node):
    head = node.call("eth_getBlockByNumber", "latest", False)
    number = word(head["number"])
    code = {"stateOverrides": {CODE: {"code": PROBE}}}
    first, gap, second = simulate(
        node, {**code, "calls": [{"to": CODE}]}, {"blockOverrides": {"number": hex(number + 3)}, "calls": [{"to": CODE}]},
    )  # fmt: skip
    assert [word(each["number"]) for each in (first, gap, second)] == [number + 1, number + 2, number + 3]
    assert [word(each["timestamp"]) - word(head["timestamp"]) for each in (first, gap, second)] == [1, 2, 3]
    assert [first["parentHash"], gap["parentHash"], second["parentHash"]] == [head["hash"], first["hash"], gap["hash"]]
    assert first["calls"][0]["returnData"] == "0x" + (number + 1).to_bytes(32, "big").hex() + head["hash"][2:]
    assert second["calls"][0]["returnData"].endswith(gap["hash"][2:])
    assert gap["calls"] == [] and gap["transactions"] == []
    assert word(first["gasUsed"]) == word(first["calls"][0]["gasUsed"]) == word(first["calls"][0]["maxUsedGas"])
    # Nothing of it happened.
    assert node.call("eth_getCode", CODE) == "0x"


def test_what_a_call_does_the_next_ones_see_with_fees_and_nonces(node):
    base = {"blockOverrides": {"baseFeePerGas": "0xa", "feeRecipient": CODE}, "stateOverrides": {ALICE: {"balance": hex(10**15)}}}
    sent = {"from": ALICE, "to": BOB, "value": "0x64", "maxFeePerGas": "0x14", "maxPriorityFeePerGas": "0x2"}
    # Returns the balance of the account that the input names.
    balance = {"stateOverrides": {"0x" + "d" * 40: {"code": "0x6000353160005260206000f3"}}}
    ask = [{"to": "0x" + "d" * 40, "data": "0x" + "00" * 12 + who[2:]} for who in (ALICE, BOB, CODE)]
    first, second = simulate(node, {**base, "calls": [sent, sent]}, {**balance, "calls": ask}, returnFullTransactions=True, validation=False)
    assert [word(each["nonce"]) for each in first["transactions"]] == [0, 1]
    assert [each["from"] for each in first["transactions"]] == [ALICE, ALICE]
    assert [word(each["gasPrice"]) for each in first["transactions"]] == [12, 12]
    fees = 12 * word(first["gasUsed"])
    told = [word(each["returnData"]) for each in second["calls"]]
    # The fee recipient gets the base fee too: nothing is burnt here.
    assert told == [10**15 - 200 - fees, 200, fees]
    assert word(first["baseFeePerGas"]) == 10 and word(second["baseFeePerGas"]) == 0


def test_transfers_are_told_as_logs_unless_they_are_undone(node):
    # Pays half of what it gets to `BOB`; or takes it and fails.
    forwards = "0x6000600060006000600234047" + "3" + BOB[2:] + "61fffff1"
    state = {"stateOverrides": {ALICE: {"balance": "0x3e8"}, CODE: {"code": forwards}, "0x" + "d" * 40: {"code": "0x60006000fd"}}}
    calls = [{"from": ALICE, "to": CODE, "value": "0x64"}, {"from": ALICE, "to": "0x" + "d" * 40, "value": "0x64"}]
    (block,) = simulate(node, {**state, "calls": calls}, traceTransfers=True)
    paid, failed = block["calls"]
    assert [log["address"] for log in paid["logs"]] == ["0x" + "e" * 40] * 2
    assert [word(log["data"]) for log in paid["logs"]] == [100, 50]
    assert [log["topics"][1:] for log in paid["logs"]] == [["0x" + "0" * 24 + each[2:] for each in pair] for pair in ((ALICE, CODE), (CODE, BOB))]
    assert [log["logIndex"] for log in paid["logs"]] == ["0x0", "0x1"] and paid["logs"][0]["blockHash"] == block["hash"]
    assert failed["status"] == "0x0" and failed["error"]["code"] == 3 and failed["logs"] == []
    assert word(block["logsBloom"]) == 0
    (silent,) = simulate(node, {**state, "calls": calls})
    assert silent["calls"][0]["logs"] == []


@pytest.mark.parametrize(
    "code, block, validation",
    [
        (-38010, {"stateOverrides": {ALICE: {"nonce": "0x5"}}, "calls": [{"from": ALICE, "nonce": "0x4"}]}, True),
        (-38011, {"calls": [{"from": ALICE, "nonce": "0x1"}]}, True),
        (-38012, {"calls": [{"from": ALICE, "to": BOB}]}, True),
        (-38012, {"blockOverrides": {"baseFeePerGas": "0x5"}, "calls": [{"from": ALICE, "to": BOB, "maxFeePerGas": "0x4"}]}, False),
        (-32602, {"calls": [{"from": ALICE, "maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x2"}]}, False),
        (-38013, {"calls": [{"from": ALICE, "to": BOB, "gas": "0x5207"}]}, False),
        (-38014, {"calls": [{"from": ALICE, "to": BOB, "value": "0x1"}]}, False),
        (-38015, {"blockOverrides": {"gasLimit": "0x5208"}, "calls": [{"from": ALICE, "to": BOB, "gas": "0x5209"}]}, False),
        (-38022, {"stateOverrides": {WORD[:2] + WORD[26:]: {"movePrecompileToAddress": WORD[:2] + WORD[26:]}}}, False),
        (-38023, {"stateOverrides": {"0x" + "0" * 39 + each: {"movePrecompileToAddress": BOB} for each in "12"}}, False),
        (-32000, {"stateOverrides": {ALICE: {"movePrecompileToAddress": BOB}}}, False),
        (-38025, {"calls": [{"from": ALICE, "input": "0x" + "00" * 49_153}]}, False),
        (-32602, {"blockOverrides": {"baseFeePerGas": "0x10000000000000000"}}, False),
        (-32602, {"blockOverrides": {"withdrawals": [{}]}}, False),
    ],
)  # fmt: skip
def test_simulations_that_cannot_be_have_codes_of_their_own(node, code, block, validation):
    assert refusal(node, block, validation=validation) == code


def test_numbers_and_times_of_simulated_blocks_grow(node):
    head = node.call("eth_getBlockByNumber", "latest", False)
    number, time = word(head["number"]), word(head["timestamp"])
    assert refusal(node, {"blockOverrides": {"number": hex(number)}}) == -38020
    assert refusal(node, {"blockOverrides": {"number": hex(number + 257)}}) == -38026
    assert refusal(node, {"blockOverrides": {"time": hex(time)}}) == -38021
    assert refusal(node, {"blockOverrides": {"time": hex(time + 9)}}, {"blockOverrides": {"time": hex(time + 9)}}) == -38021
    assert len(simulate(node, {"blockOverrides": {"number": hex(number + 256)}})) == 256


def test_a_simulation_is_bounded_in_gas_and_bytes(node):
    # Runs until its gas is gone.
    state = {"stateOverrides": {CODE: {"code": "0x5b600056"}, BOB: {"code": "0x6201000080600060003e60006000f3"}}}
    (block,) = simulate(node, {**state, "calls": [{"to": CODE, "gas": hex(30_000_000)}, {"to": CODE, "gas": hex(30_000_000)}]})
    assert [word(each["gasUsed"]) for each in block["calls"]] == [30_000_000, 20_000_000]
    assert {each["error"]["code"] for each in block["calls"]} == {-32015}
    # Returns 128 KiB each time.
    wide = {"stateOverrides": {BOB: {"code": "0x620200006000f3"}}, "calls": [{"to": BOB}] * 65}
    assert refusal(node, wide) == -38026


def test_calls_in_bundles_follow_each_other_in_the_middle_of_a_block_too(own_node):
    node = own_node(SEQUENCER_BLOCK_TIME="500ms")
    wallet = Wallet(node, RICH)
    # Counts in slot 0, and returns the count.
    counter = "60005460010180600055600052" + "60206000f3"
    init = "60" + f"{len(counter) // 2:02x}" + "80600b6000396000f3"
    counter = wallet.transact(data="0x" + init + counter, gas=1_000_000)["contractAddress"]
    hashes = [wallet.send(to=node.web3.to_checksum_address(counter), gas=1_000_000) for _ in range(3)]
    receipts = [wait_for_receipt(node, each) for each in hashes]
    number = receipts[0]["blockNumber"]
    # All three, where the machine is not very slow.
    done = len([each for each in receipts if each["blockNumber"] == number])
    call = {"to": counter}

    def counts(index, *bundles):
        bundles = [{"transactions": [call] * count} for count in bundles]
        answer = node.call("eth_callMany", bundles, {"blockNumber": number, "transactionIndex": index})
        return [[word(each["value"]) for each in bundle] for bundle in answer]

    assert counts(-1, 2, 1) == [[done + 1, done + 2], [done + 3]]
    assert counts(0, 1) == [[1]] and counts(1, 1) == [[2]] and counts(done, 1) == [[done + 1]]
    beyond = {"blockNumber": number, "transactionIndex": done + 1}
    assert node.refusal("eth_callMany", [{"transactions": [call]}], beyond).code == -32000
    state = {counter: {"stateDiff": {WORD[:-1] + "0": WORD[:-1] + "9"}}}
    assert word(node.call("eth_callMany", [{"transactions": [call]}], {"blockNumber": number}, state)[0][0]["value"]) == 10
    # The next bundle is in the next block, and each in the one that it wants.
    probe = {"data": "0x43600052" + "60206000f3"}
    bundles = [{"transactions": [probe]}, {"transactions": [probe]}, {"transactions": [probe], "blockOverride": {"number": "0x777"}}]
    told = [word(bundle[0]["value"]) for bundle in node.call("eth_callMany", bundles, {"blockNumber": number})]
    assert told == [word(number), word(number) + 1, 0x777]
    traces = node.call("debug_traceCallMany", [{"transactions": [call, call]}], {"blockNumber": number, "transactionIndex": 1}, {"tracer": "callTracer"})
    assert [word(each["output"]) for each in traces[0]] == [2, 3]
    timed = node.call("eth_callMany", [{"transactions": [call]}], {"blockNumber": number}, None, 5_000)
    assert word(timed[0][0]["value"]) == done + 1


def test_a_filled_transaction_is_taken_once_it_is_signed(node, rich):
    filled = node.call("eth_fillTransaction", {"from": rich.address, "to": BOB, "value": "0x1"})["tx"]
    keys = {"type", "nonce", "gas", "to", "value", "maxFeePerGas", "maxPriorityFeePerGas", "chainId"}
    signed = rich.account.sign_transaction({key: filled[key] for key in keys} | {"to": rich.node.web3.to_checksum_address(BOB)})
    receipt = wait_for_receipt(node, node.call("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex()))
    assert receipt["status"] == "0x1"
