"""JSON-RPC of the development L1, as clients of Ethereum use it: what it says is checked against what blocks commit to."""

import json
import signal

import pytest
import rlp
from eth_utils import keccak
from web3 import Web3
from websockets.sync.client import connect

from l1_program import L1Program
from merkle import EMPTY_ROOT, list_root, proven
from node import wait_until

FRIEND = "0x00000000000000000000000000000000000000fd"
TRANSFER = Web3.keccak(text="Transfer(address,address,uint256)").hex()


@pytest.fixture
def serve(tmp_path):
    """Starts L1s that belong to one test."""
    started = []

    def start(*arguments):
        started.append(L1Program(tmp_path, "--no-contracts", *arguments))
        return started[-1]

    yield start
    for each in started:
        each.stop(signal.SIGKILL)


@pytest.fixture
def l1(serve):
    return serve()


class Subscriber:
    """A WebSocket client whose calls and notifications come in one stream."""

    def __init__(self, l1: L1Program):
        self.connection = connect(f"ws://{l1.address}", open_timeout=30)
        self.waiting: list[dict] = []

    def __enter__(self):
        self.socket = self.connection.__enter__()
        return self

    def __exit__(self, *exception):
        return self.connection.__exit__(*exception)

    def subscribe(self, *parameters) -> str:
        self.socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": parameters}))
        while "id" not in (message := json.loads(self.socket.recv(timeout=30))):
            self.waiting.append(message["params"])
        return message["result"]

    def next(self, subscription: str):
        """The next item of a subscription."""
        for place, notification in enumerate(self.waiting):
            if notification["subscription"] == subscription:
                return self.waiting.pop(place)["result"]
        while True:
            notification = json.loads(self.socket.recv(timeout=30))["params"]
            if notification["subscription"] == subscription:
                return notification["result"]
            self.waiting.append(notification)


def deploy(l1: L1Program, artifact: dict, *arguments):
    """A contract that the first account deployed, for web3.py."""
    creation = l1.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]).constructor(*arguments)
    receipt = l1.send(l1.accounts[0], data=creation.data_in_transaction, gas=3_000_000)
    return l1.web3.eth.contract(abi=artifact["abi"], address=receipt.contractAddress)


def call_data(contract, name: str, *arguments) -> str:
    return contract.encode_abi(name, list(arguments))


@pytest.fixture
def token(l1, artifact):
    return deploy(l1, artifact("Token"), "Test Token", "TTK", 10**24)


def pay(l1: L1Program, token, amount: int):
    """A transfer of tokens to the friend, in a block; its receipt."""
    return l1.send(l1.accounts[0], to=token.address, data=call_data(token, "transfer", FRIEND, amount))


def data(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def refusal(l1: L1Program, method: str, *parameters) -> dict:
    answer = l1.web3.provider.make_request(method, list(parameters))
    assert "error" in answer, answer
    return answer["error"]


# Subscriptions and reorganisations


def test_subscribers_are_told_of_heads_logs_and_waiting_transactions(l1, token):
    with Subscriber(l1) as client:
        heads, logs = client.subscribe("newHeads"), client.subscribe("logs", {"address": token.address})
        waiting = client.subscribe("newPendingTransactions")
        receipt = pay(l1, token, 5)
        assert client.next(waiting) == "0x" + receipt.transactionHash.hex()
        head = client.next(heads)
        assert head["hash"] == "0x" + receipt.blockHash.hex()
        assert head == {name: value for name, value in l1.call("eth_getBlockByNumber", "latest", False).items()
                        if name not in ("size", "uncles", "transactions", "withdrawals")}
        log = client.next(logs)
        assert log["transactionHash"] == "0x" + receipt.transactionHash.hex()
        assert log["removed"] is False
        assert int(log["data"], 16) == 5


def test_a_reorganisation_takes_back_what_it_drops(l1, token):
    w = l1.web3
    with Subscriber(l1) as client:
        heads, logs = client.subscribe("newHeads"), client.subscribe("logs", {"address": token.address})
        log_filter = w.eth.filter({"address": token.address})
        block_filter = w.eth.filter("latest")
        receipts = [pay(l1, token, amount) for amount in (1, 2, 3, 4)]
        assert [client.next(heads)["number"] for _ in range(4)] == [hex(each.blockNumber) for each in receipts]
        assert [int(client.next(logs)["data"], 16) for _ in range(4)] == [1, 2, 3, 4]
        assert [int.from_bytes(log.data) for log in log_filter.get_new_entries()] == [1, 2, 3, 4]
        assert block_filter.get_new_entries() == [each.blockHash for each in receipts]

        head = w.eth.block_number
        l1.call("anvil_reorg", {"depth": 3, "tx_block_pairs": []})
        assert w.eth.block_number == head
        removed = [client.next(logs) for _ in range(3)]
        assert [log["removed"] for log in removed] == [True] * 3
        assert [int(log["data"], 16) for log in removed] == [4, 3, 2]
        assert [log["blockHash"] for log in removed] == ["0x" + each.blockHash.hex() for each in receipts[:0:-1]]
        fresh = [client.next(heads) for _ in range(3)]
        assert [each["number"] for each in fresh] == [hex(number) for number in range(head - 2, head + 1)]
        assert fresh[0]["parentHash"] == "0x" + receipts[0].blockHash.hex()
        assert fresh[2]["hash"] == "0x" + w.eth.get_block("latest").hash.hex()
        assert all("0x" + each.blockHash.hex() != new["hash"] for each, new in zip(receipts[1:], fresh))

        taken_back = log_filter.get_new_entries()
        assert [(int.from_bytes(log.data), log.removed) for log in taken_back] == [(4, True), (3, True), (2, True)]
        assert ["0x" + hash.hex() for hash in block_filter.get_new_entries()] == [each["hash"] for each in fresh]
        # What was dropped is gone, and what it had done is not.
        assert token.functions.balanceOf(FRIEND).call() == 1
        assert l1.call("eth_getTransactionReceipt", "0x" + receipts[3].transactionHash.hex()) is None
        assert l1.call("eth_getBlockByHash", "0x" + receipts[3].blockHash.hex(), False) is None

        # The chain goes on, and whoever follows it too.
        pay(l1, token, 9)
        assert int(client.next(logs)["data"], 16) == 9
        assert client.next(heads)["parentHash"] == fresh[2]["hash"]
        assert [(int.from_bytes(log.data), log.removed) for log in log_filter.get_new_entries()] == [(9, False)]


def test_a_reorganisation_that_keeps_transactions_tells_them_again(l1, token):
    with Subscriber(l1) as client:
        logs = client.subscribe("logs", {"topics": ["0x" + TRANSFER.removeprefix("0x")]})
        receipts = [pay(l1, token, amount) for amount in (1, 2, 3)]
        for _ in range(3):
            client.next(logs)
        l1.call("anvil_reorg", {"depth": 3, "tx_block_pairs": [], "keep": True})
        told = [client.next(logs) for _ in range(3)]
        assert [(log["removed"], int(log["data"], 16)) for log in told] == [(True, 3), (True, 2), (True, 1)]
        # Whatever does not fit into the new blocks waits for the next.
        if l1.web3.eth.get_transaction_count(l1.accounts[0].address) < 4:
            l1.call("evm_mine")
        again = [client.next(logs) for _ in range(3)]
        assert [(log["removed"], int(log["data"], 16)) for log in again] == [(False, 1), (False, 2), (False, 3)]
        assert {log["transactionHash"] for log in again} == {"0x" + each.transactionHash.hex() for each in receipts}
        for log in again:
            assert l1.call("eth_getTransactionReceipt", log["transactionHash"])["blockHash"] == log["blockHash"]


def test_going_back_to_a_snapshot_is_a_reorganisation_too(l1, token):
    with Subscriber(l1) as client:
        logs = client.subscribe("logs", {"address": token.address})
        snapshot = l1.call("evm_snapshot")
        pay(l1, token, 1)
        pay(l1, token, 2)
        assert l1.call("evm_revert", snapshot) is True
        told = [client.next(logs) for _ in range(4)]
        assert [(log["removed"], int(log["data"], 16)) for log in told] == [
            (False, 1), (False, 2), (True, 2), (True, 1)]


# Proofs


def account_in(root: bytes, proof) -> list[bytes] | None:
    value = proven(root, data(proof["address"]), [data(node) for node in proof["accountProof"]])
    return None if value is None else rlp.decode(value)


def test_proofs_hold_against_the_state_root(l1, token):
    holder, empty = l1.accounts[0].address, "0x00000000000000000000000000000000000e3947"
    pay(l1, token, 77)
    # Where Vyper puts what belongs to the friend: in one of the first slots there is a map.
    slots = [hex(number) for number in range(12)]
    maps = ["0x" + keccak(number.to_bytes(32) + data(FRIEND).rjust(32, b"\0")).hex() for number in range(12)]
    for block in (hex(l1.web3.eth.block_number), "0x1", "latest"):
        header = l1.call("eth_getBlockByNumber", block, False)
        root = data(header["stateRoot"])
        for address in (holder, token.address, empty, FRIEND):
            proof = l1.call("eth_getProof", address, slots + maps, block)
            account = account_in(root, proof)
            if account is None:
                assert (proof["nonce"], proof["balance"]) == ("0x0", "0x0")
                assert data(proof["storageHash"]) == EMPTY_ROOT
                assert data(proof["codeHash"]) == keccak(b"")
            else:
                nonce, balance, storage, code = account
                assert int.from_bytes(nonce) == int(proof["nonce"], 16)
                assert int.from_bytes(balance) == int(proof["balance"], 16)
                assert storage == data(proof["storageHash"])
                assert code == data(proof["codeHash"]) == keccak(data(l1.call("eth_getCode", address, block)))
            assert proof["balance"] == l1.call("eth_getBalance", address, block)
            for slot, name in zip(proof["storageProof"], slots + maps, strict=True):
                assert slot["key"] == name
                value = proven(
                    data(proof["storageHash"]), int(name, 16).to_bytes(32), [data(node) for node in slot["proof"]])
                assert int(slot["value"], 16) == (0 if value is None else int.from_bytes(rlp.decode(value)))
                assert int(slot["value"], 16) == int(l1.call("eth_getStorageAt", address, name, block), 16)
    balances = l1.call("eth_getProof", token.address, maps, "latest")["storageProof"]
    assert [int(slot["value"], 16) for slot in balances if slot["value"] != "0x0"] == [77]
    assert account_in(root, l1.call("eth_getProof", empty, [], "latest")) is None
    assert refusal(l1, "eth_getProof", empty, [], "0x999")["code"] == -32_000


# Fees


def test_the_fee_history_is_that_of_the_blocks(l1):
    w = l1.web3
    # A block with two transactions of different tips, one with one, and an empty one.
    l1.call("evm_setAutomine", False)
    for tips in ([1, 3], [2], []):
        for account, tip in zip(l1.accounts, tips):
            transaction = {
                "chainId": w.eth.chain_id, "nonce": w.eth.get_transaction_count(account.address), "gas": 21_000,
                "maxFeePerGas": 10**11, "maxPriorityFeePerGas": tip * 10**9, "to": FRIEND, "value": 1}
            w.eth.send_raw_transaction(account.sign_transaction(transaction).raw_transaction)
        l1.call("evm_mine")
    history = w.eth.fee_history(3, "latest", [0, 50, 100])
    blocks = [w.eth.get_block(number) for number in range(w.eth.block_number - 2, w.eth.block_number + 1)]
    assert history.oldestBlock == blocks[0].number
    assert history.baseFeePerGas[:3] == [block.baseFeePerGas for block in blocks]
    for block, following in zip(blocks, history.baseFeePerGas[1:]):
        target = block.gasLimit // 2
        change = block.baseFeePerGas * abs(block.gasUsed - target) // target // 8
        assert following == block.baseFeePerGas + (max(change, 1) if block.gasUsed > target else -change)
    assert history.gasUsedRatio == [block.gasUsed / block.gasLimit for block in blocks]
    assert history.reward == [[10**9, 10**9, 3 * 10**9], [2 * 10**9] * 3, [0] * 3]
    assert len(history.baseFeePerBlobGas) == 4
    assert history.blobGasUsedRatio == [0.0] * 3
    assert w.eth.max_priority_fee == 10**9
    assert w.eth.gas_price == history.baseFeePerGas[3] + 10**9
    assert l1.call("eth_blobBaseFee") == history.baseFeePerBlobGas[3] == "0x1"
    assert refusal(l1, "eth_feeHistory", "0x1", "0x99", [])["message"] == "request beyond head block"


# Calls


def test_an_access_list_covers_what_the_transaction_touches(l1, token):
    w = l1.web3
    request = {
        "from": l1.accounts[0].address, "to": token.address, "data": call_data(token, "transfer", FRIEND, 5)}
    found = w.eth.create_access_list(request)
    (item,) = found.accessList
    assert item.address == token.address
    # The balances of sender and receiver, and the code of the contract touches no more.
    assert len(item.storageKeys) == 2
    bare = pay(l1, token, 5)
    again = w.eth.create_access_list(request)
    receipt = l1.send(
        l1.accounts[0], to=token.address, data=request["data"], accessList=[
            {"address": each.address, "storageKeys": each.storageKeys} for each in again.accessList])
    assert receipt.gasUsed == int(l1.call("eth_createAccessList", request)["gasUsed"], 16)
    assert receipt.gasUsed == again.gasUsed
    assert bare.gasUsed != receipt.gasUsed
    too_much = call_data(token, "transfer", FRIEND, 10**30)
    failing = l1.call("eth_createAccessList", {**request, "from": FRIEND, "data": too_much})
    assert failing["error"] == "execution reverted"


def test_a_revert_has_code_3_and_its_data(l1, token):
    request = {"from": FRIEND, "to": token.address, "data": call_data(token, "transfer", FRIEND, 10**30)}
    for method in ("eth_call", "eth_estimateGas"):
        error = refusal(l1, method, request)
        assert error["code"] == 3
        assert error["message"] == "execution reverted: insufficient balance"
        assert error["data"].startswith("0x08c379a0")


def test_traces_tell_how_a_transaction_went(l1, artifact):
    attempt = deploy(l1, artifact("Attempt"))
    receipt = l1.send(
        l1.accounts[0], to=attempt.address, data=call_data(attempt, "attempt", 2, 10), gas=500_000)
    hash = "0x" + receipt.transactionHash.hex()
    tree = l1.call("debug_traceTransaction", hash, {"tracer": "callTracer", "tracerConfig": {"withLog": True}})
    assert int(tree["gasUsed"], 16) == receipt.gasUsed
    assert int(tree["gas"], 16) == 500_000
    depth, call = 0, tree
    while "calls" in call:
        assert (call["type"], call["to"]) == ("CALL", attempt.address.lower())
        (call,) = call["calls"]
        depth += 1
    assert depth == 3
    assert call["input"] == call_data(attempt, "work", 10)
    assert [log["topics"] for log in call["logs"]] == [["0x" + Web3.keccak(text="Done(uint256)").hex().removeprefix("0x")]]
    top = l1.call("debug_traceTransaction", hash, {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}})
    assert "calls" not in top

    # With less gas the work fails, and with it what is inside, but not the transaction.
    starved = l1.send(l1.accounts[0], to=attempt.address, data=call_data(attempt, "attempt", 0, 2_000), gas=100_000)
    assert starved.status == 1
    tree = l1.call("debug_traceTransaction", "0x" + starved.transactionHash.hex(), {"tracer": "callTracer"})
    assert "error" not in tree
    assert tree["calls"][0]["error"] == "out of gas"

    steps = l1.call("debug_traceTransaction", hash)
    assert steps["gas"] == receipt.gasUsed
    assert steps["failed"] is False
    assert {step["op"] for step in steps["structLogs"]} >= {"PUSH1", "CALL", "SSTORE", "LOG1"}
    assert max(step["depth"] for step in steps["structLogs"]) == 4
    short = l1.call("debug_traceTransaction", hash, {"disableStack": True, "disableStorage": True, "limit": 3})
    assert len(short["structLogs"]) == 3
    assert "stack" not in short["structLogs"][0]

    before = l1.call("debug_traceTransaction", hash, {"tracer": "prestateTracer"})
    assert int(before[l1.accounts[0].address.lower()]["balance"], 16) > 0
    change = l1.call(
        "debug_traceTransaction", hash, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}})
    slots = change["post"][attempt.address.lower()]["storage"]
    assert [int(value, 16) for value in slots.values()] == [1]

    block = hex(receipt.blockNumber)
    for method, name in (("debug_traceBlockByNumber", block), ("debug_traceBlockByHash", "0x" + receipt.blockHash.hex())):
        (entry,) = l1.call(method, name, {"tracer": "callTracer"})
        assert entry["txHash"] == hash
        assert entry["result"]["gasUsed"] == hex(receipt.gasUsed)
    called = l1.call(
        "debug_traceCall", {"to": attempt.address, "data": call_data(attempt, "work", 3)}, "latest",
        {"tracer": "callTracer"})
    assert called["type"] == "CALL" and "error" not in called
    assert refusal(l1, "debug_traceTransaction", "0x" + "77" * 32)["message"] == "transaction not found"
    assert refusal(l1, "debug_traceBlockByNumber", block, {"tracer": "none"})["code"] == -32_602


def test_a_long_trace_comes_whole(l1):
    spinner, forever = "0x" + "5e".zfill(40), "0x5b5f56"
    options = {"stateOverrides": {spinner: {"code": forever}}}
    request = {"to": spinner, "gas": hex(500_000)}
    long = l1.call("debug_traceCall", request, "latest", options)
    assert len(long["structLogs"]) > 100_000 and long["structLogs"][-1]["error"] == "out of gas"
    assert (long["failed"], long["gas"]) == (True, 500_000)
    short = l1.call("debug_traceCall", request, "latest", {**options, "limit": 10})
    assert short["structLogs"] == long["structLogs"][:10]
    assert (short["failed"], short["gas"]) == (True, 500_000)


# Blocks


@pytest.mark.parametrize("hardfork", ["cancun", "prague"])
def test_raw_blocks_are_what_their_hashes_say(serve, artifact, hardfork):
    l1 = serve("--hardfork", hardfork)
    w = l1.web3
    token = deploy(l1, artifact("Token"), "Test Token", "TTK", 10**24)
    # A block with a transaction of each kind, some with logs.
    l1.call("evm_setAutomine", False)
    for place, fields in enumerate([
            {"gasPrice": 10**10}, {"gasPrice": 10**10, "accessList": [], "type": 1},
            {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1, "type": 2}]):
        transaction = {
            "chainId": w.eth.chain_id, "nonce": 1 + place, "gas": 100_000, "value": 0, "to": token.address,
            "data": call_data(token, "transfer", FRIEND, place), **fields}
        w.eth.send_raw_transaction(l1.accounts[0].sign_transaction(transaction).raw_transaction)
    l1.call("evm_mine")
    for number in range(w.eth.block_number + 1):
        name = hex(number)
        block = l1.call("eth_getBlockByNumber", name, True)
        header = data(l1.call("debug_getRawHeader", name))
        assert keccak(header) == data(block["hash"])
        raw = data(l1.call("debug_getRawBlock", name))
        assert int(block["size"], 16) == len(raw)
        parts = rlp.decode(raw)
        assert rlp.encode(parts[0]) == header
        assert parts[2:] == [[], []]
        assert block["uncles"] == block["withdrawals"] == []
        assert ("requestsHash" in block) == (hardfork == "prague")
        assert len(parts[0]) == (21 if hardfork == "prague" else 20)
        transactions = [rlp.encode(each) if isinstance(each, list) else each for each in parts[1]]
        assert ["0x" + keccak(each).hex() for each in transactions] == [each["hash"] for each in block["transactions"]]
        assert list_root(transactions) == data(block["transactionsRoot"])
        receipts = [data(each) for each in l1.call("debug_getRawReceipts", name)]
        assert list_root(receipts) == data(block["receiptsRoot"])
        assert len(l1.call("eth_getBlockReceipts", name)) == len(receipts) == len(transactions)
        for transaction in block["transactions"]:
            assert data(l1.call("debug_getRawTransaction", transaction["hash"])) in transactions
    assert [each["type"] for each in block["transactions"]] == ["0x0", "0x1", "0x2"]
    assert [each["type"] for each in l1.call("eth_getBlockReceipts", name)] == ["0x0", "0x1", "0x2"]


def test_an_account_borrows_the_code_of_a_contract(serve, artifact):
    l1 = serve("--hardfork", "prague")
    w = l1.web3
    attempt = deploy(l1, artifact("Attempt"))
    owner, sponsor = l1.accounts[1], l1.accounts[0]
    authorization = owner.sign_authorization({"chainId": w.eth.chain_id, "address": attempt.address, "nonce": 0})
    work = call_data(attempt, "work", 3)
    listed = {
        "chainId": hex(authorization.chain_id), "address": attempt.address, "nonce": "0x0",
        "yParity": hex(authorization.y_parity), "r": hex(authorization.r), "s": hex(authorization.s)}
    request = {"from": sponsor.address, "to": owner.address, "data": work, "authorizationList": [listed]}
    gas = int(l1.call("eth_estimateGas", request), 16)
    receipt = l1.send(sponsor, to=owner.address, data=work, gas=gas, authorizationList=[authorization])
    assert receipt.status == 1
    assert len(receipt.logs) == 1
    assert receipt.type == 4
    assert receipt.gasUsed <= gas <= receipt.gasUsed * 1.3
    assert l1.call("eth_getCode", owner.address, "latest") == "0xef0100" + attempt.address[2:].lower()
    shown = l1.call("eth_getTransactionByHash", "0x" + receipt.transactionHash.hex())
    assert shown["type"] == "0x4"
    assert shown["authorizationList"] == [{**listed, "address": attempt.address.lower()}]
    cancun = serve()
    error = refusal(cancun, "eth_call", request)
    assert error["message"] == "EIP-7702 transactions are not supported"


def test_what_waits_is_a_block_already(l1, token):
    w = l1.web3
    l1.call("evm_setAutomine", False)
    account = l1.accounts[0]
    nonce = w.eth.get_transaction_count(account.address)

    def send(nonce: int, amount: int) -> str:
        transaction = {
            "chainId": w.eth.chain_id, "nonce": nonce, "gas": 100_000, "value": 0, "to": token.address,
            "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9, "data": call_data(token, "transfer", FRIEND, amount)}
        return "0x" + w.eth.send_raw_transaction(account.sign_transaction(transaction).raw_transaction).hex()

    hashes = [send(nonce, 5), send(nonce + 1, 6)]
    parked = send(nonce + 3, 7)
    assert l1.call("txpool_status") == {"pending": "0x2", "queued": "0x1"}
    content = l1.call("txpool_content")
    assert {name: each["hash"] for name, each in content["pending"][account.address].items()} == {
        str(nonce): hashes[0], str(nonce + 1): hashes[1]}
    assert content["queued"][account.address][str(nonce + 3)]["hash"] == parked
    assert l1.call("txpool_contentFrom", account.address)["queued"][str(nonce + 3)]["hash"] == parked
    line = l1.call("txpool_inspect")["pending"][account.address][str(nonce)]
    assert line == f"{token.address}: 0 wei + 100000 gas × 10000000000 wei"
    waiting = l1.call("eth_getTransactionBySenderAndNonce", account.address, hex(nonce + 1))
    assert (waiting["hash"], waiting["blockHash"]) == (hashes[1], None)

    head = w.eth.block_number
    pending = w.eth.get_block("pending")
    assert pending.number == head + 1
    assert pending.parentHash == w.eth.get_block("latest").hash
    assert pending["hash"] is None
    assert ["0x" + hash.hex() for hash in pending.transactions] == hashes
    assert w.eth.get_transaction_count(account.address, "pending") == nonce + 2
    assert w.eth.get_transaction_count(account.address) == nonce
    balance = token.functions.balanceOf(FRIEND)
    assert (balance.call(block_identifier="latest"), balance.call(block_identifier="pending")) == (0, 11)
    assert l1.call("eth_getBlockReceipts", "pending")[1]["transactionHash"] == hashes[1]

    l1.call("evm_mine")
    assert balance.call() == 11
    assert l1.call("eth_getTransactionBySenderAndNonce", account.address, hex(nonce))["blockNumber"] == hex(head + 1)
    assert wait_until(lambda: l1.call("txpool_status")) == {"pending": "0x0", "queued": "0x1"}


def test_safe_and_finalized_follow_the_head(serve):
    l1 = serve("--slots-in-an-epoch", "2")
    for head in range(6):
        numbers = [l1.web3.eth.get_block(tag).number for tag in ("latest", "safe", "finalized")]
        assert numbers == [head, max(0, head - 2), max(0, head - 4)]
        l1.call("evm_mine")
