"""The walk of an explorer's importer over the chain, and of a client that computes hashes again from what it is served."""

import requests
import rlp
from eth_utils import keccak

from node import RICH, Node, Wallet

EMPTY_ROOT = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
ZERO = "0x" + "0" * 64


def chain(node: Node, artifact) -> None:
    """A few blocks with transfers, a deployment, events and a call that fails."""
    wallet = Wallet(node, RICH)
    for _ in range(3):
        wallet.transact(to=RICH.address, value=1)
    token = wallet.deploy(artifact("Token"), "Token", "TKN", 10**24)
    wallet.transact(to=token.address, data=transfer_call(RICH.address, 5), gas=200_000)


def transfer_call(to: str, amount: int) -> str:
    return "0xa9059cbb" + to[2:].rjust(64, "0").lower() + hex(amount)[2:].rjust(64, "0")


def data(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def number(text: str) -> bytes:
    """Minimal bytes, as RLP wants them."""
    value = int(text, 16)
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def header_hash(block: dict) -> str:
    fields = [
        data(block["parentHash"]), data(block["sha3Uncles"]), data(block["miner"]), data(block["stateRoot"]),
        data(block["transactionsRoot"]), data(block["receiptsRoot"]), data(block["logsBloom"]), number(block["difficulty"]),
        number(block["number"]), number(block["gasLimit"]), number(block["gasUsed"]), number(block["timestamp"]),
        data(block["extraData"]), data(block["mixHash"]), data(block["nonce"]), number(block["baseFeePerGas"])]
    return "0x" + keccak(rlp.encode(fields)).hex()


def walk(node: Node):
    """Every block with its receipts, as an importer asks for them."""
    for height in range(node.head() + 1):
        block = node.call("eth_getBlockByNumber", hex(height), True)
        receipts = node.call("eth_getBlockReceipts", hex(height))
        assert [r["transactionHash"] for r in receipts] == [t["hash"] for t in block["transactions"]]
        yield block, receipts


def test_blocks_are_linked_and_add_up(own_node, artifact):
    node = own_node()
    chain(node, artifact)
    parent = None
    logs = 0
    for block, receipts in walk(node):
        assert block["parentHash"] == (parent["hash"] if parent else ZERO)
        assert parent is None or int(block["timestamp"], 16) >= int(parent["timestamp"], 16)
        if parent is None:
            assert block["transactionsRoot"] == EMPTY_ROOT and block["transactions"] == []
        assert int(block["gasUsed"], 16) == sum(int(r["gasUsed"], 16) for r in receipts)
        assert block["totalDifficulty"] == "0x0" and block["uncles"] == []
        bloom = gas = block_logs = 0
        for index, (transaction, receipt) in enumerate(zip(block["transactions"], receipts)):
            gas += int(receipt["gasUsed"], 16)
            assert int(receipt["cumulativeGasUsed"], 16) == gas
            assert receipt == node.call("eth_getTransactionReceipt", transaction["hash"])
            assert transaction == node.call("eth_getTransactionByHash", transaction["hash"])
            for each in (transaction, receipt):
                assert each["blockHash"] == block["hash"] and int(each["transactionIndex"], 16) == index
                assert "l1BatchNumber" in each and "l1BatchTxIndex" in each
            assert transaction["blockTimestamp"] == block["timestamp"]
            assert transaction["type"] == receipt["type"] and transaction["gasPrice"] == receipt["effectiveGasPrice"]
            # L1 is told what became of its requests.
            assert len(receipt["l2ToL1Logs"]) == (1 if receipt["type"] == "0x2a" else 0)
            bloom |= int(receipt["logsBloom"], 16)
            for log in receipt["logs"]:
                assert int(log["logIndex"], 16) == block_logs and log["blockHash"] == block["hash"]
                block_logs += 1
        logs += block_logs
        assert int(block["logsBloom"], 16) == bloom
        raws = [data(node.call("eth_getRawTransactionByHash", t["hash"])) for t in block["transactions"]]
        listed = [rlp.decode(raw) if raw[0] >= 0xC0 else raw for raw in raws]
        raw_header = rlp.decode(data(node.call("debug_getRawHeader", block["number"])))
        # The hashed header has fewer bytes of gas than the served one.
        served = len(rlp.encode([[*raw_header[:10], number(block["gasUsed"]), *raw_header[11:]], listed, []]))
        assert int(block["size"], 16) == served
        assert block["hash"] == "0x" + keccak(data(node.call("debug_getRawHeader", block["hash"]))).hex()
        short = node.call("eth_getBlockByHash", block["hash"], False)
        assert short == {**block, "transactions": [t["hash"] for t in block["transactions"]]}
        parent = block
    assert logs >= 1
    ratios = node.call("eth_feeHistory", "0x2", "latest", [])["gasUsedRatio"]
    assert ratios[-1] == int(parent["gasUsed"], 16) / int(parent["gasLimit"], 16) > 0
    # What is on disk is served like what is in memory.
    served = list(walk(node))
    assert node.stop() == 0
    node.start()
    assert list(walk(node)) == served


def test_hashed_headers_hash_to_their_hash(own_node, artifact):
    node = own_node(RPC_BLOCK_HEADERS="hashed")
    chain(node, artifact)
    for block, _ in walk(node):
        assert header_hash(block) == block["hash"]
        assert header_hash(node.call("eth_getHeaderByNumber", block["number"])) == block["hash"]
        assert block["parentHash"] == ZERO and block["gasUsed"] == "0x0" and int(block["logsBloom"], 16) == 0
    ratios = node.call("eth_feeHistory", "0x1", "latest", [])["gasUsedRatio"]
    assert ratios[-1] > 0
    # Logs are found all the same.
    assert len(node.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})) >= 1


def test_blockscout_imports_in_batches(own_node, artifact):
    """Its requests (blockscout, `apps/ethereum_jsonrpc`): whole blocks, receipts, balances, code and traces, many in one message."""
    node = own_node()
    chain(node, artifact)

    def batch(*calls) -> list:
        body = [{"jsonrpc": "2.0", "id": index, "method": method, "params": params}
                for index, (method, *params) in enumerate(calls)]
        answers = requests.post(node.url, json=body, timeout=30).json()
        assert [answer["id"] for answer in answers] == list(range(len(calls)))
        assert not [answer for answer in answers if "error" in answer], answers
        return [answer["result"] for answer in answers]

    assert node.call("net_version") == "270"
    head = int(node.call("eth_getBlockByNumber", "latest", False)["number"], 16)
    blocks = batch(*[("eth_getBlockByNumber", hex(number), True) for number in range(head + 1)])
    transactions = [transaction for block in blocks for transaction in block["transactions"]]
    receipts = batch(*[("eth_getTransactionReceipt", each["hash"]) for each in transactions])
    assert receipts == [r for receipts in batch(*[("eth_getBlockReceipts", b["number"]) for b in blocks]) for r in receipts]
    # Balances of everybody who took part, as of that block.
    for transaction, receipt in zip(transactions, receipts):
        places = {transaction["from"], transaction["to"] or receipt["contractAddress"], blocks[0]["miner"]}
        balances = batch(*[("eth_getBalance", place, receipt["blockNumber"]) for place in places])
        assert all(int(balance, 16) >= 0 for balance in balances)
    created = [receipt for receipt in receipts if receipt["contractAddress"]]
    codes = batch(*[("eth_getCode", each["contractAddress"], "latest") for each in created])
    assert codes and all(len(code) > 2 for code in codes)
    # Internal transactions.
    options = {"tracer": "callTracer", "timeout": "5s"}
    traces = batch(*[("debug_traceTransaction", each["hash"], options) for each in transactions])
    for transaction, receipt, trace in zip(transactions, receipts, traces):
        assert trace["from"] == transaction["from"].lower() and int(trace["value"], 16) == int(transaction["value"], 16)
        assert ("error" in trace) == (receipt["status"] == "0x0")
        assert trace["type"] == ("CREATE" if receipt["contractAddress"] else "CALL")
    outputs = [trace["output"] for trace in traces if trace["type"] == "CREATE"]
    assert outputs == codes
    by_block = batch(*[("debug_traceBlockByNumber", block["number"], options) for block in blocks[1:]])
    assert [each["result"] for traced in by_block for each in traced] == traces
    # What waits, and tokens by their interface.
    assert node.call("txpool_content") == {"pending": {}, "queued": {}}
    token = created[0]["contractAddress"]
    name, decimals, supply = batch(*[("eth_call", {"to": token, "data": data}, "latest")
                                     for data in ("0x06fdde03", "0x313ce567", "0x18160ddd")])
    assert b"Token" in data(name) and int(decimals, 16) == 18 and int(supply, 16) == 10**24


def test_otterscan_shows_every_page(own_node, artifact):
    """Its requests (otterscan, `src/useErigonHooks.ts` and `src/api`): a block, its pages, a transaction, an address."""
    node = own_node()
    chain(node, artifact)
    blocks = list(walk(node))
    assert node.call("ots_getApiLevel") >= 8
    involved = {}
    for block, receipts in blocks:
        details = node.call("ots_getBlockDetails", int(block["number"], 16))
        assert details["block"]["hash"] == block["hash"] and details["block"]["transactionCount"] == len(receipts)
        assert details == node.call("ots_getBlockDetailsByHash", block["hash"])
        fees = sum(int(r["gasUsed"], 16) * int(r["effectiveGasPrice"], 16) for r in receipts)
        assert int(details["totalFees"], 16) == fees
        shown = []
        while len(shown) < len(receipts):
            page = node.call("ots_getBlockTransactions", int(block["number"], 16), len(shown), 1)
            shown += page["fullblock"]["transactions"]
            assert len(page["receipts"]) == 1
        assert {each["hash"] for each in shown} == {each["hash"] for each in block["transactions"]}
        for transaction, receipt in zip(block["transactions"], receipts):
            hash = transaction["hash"]
            error = node.call("ots_getTransactionError", hash)
            assert (error != "0x") <= (receipt["status"] == "0x0")
            calls = node.call("ots_traceTransaction", hash)
            assert calls[0]["depth"] == 0 and calls[0]["from"].lower() == transaction["from"].lower()
            assert isinstance(node.call("ots_getInternalOperations", hash), list)
            if receipt["type"] != "0x2a":
                found = node.call("ots_getTransactionBySenderAndNonce", transaction["from"], int(transaction["nonce"], 16))
                assert found == hash
            for place in {transaction["from"], transaction["to"] or receipt["contractAddress"]}:
                involved.setdefault(place, []).append(hash)
            if receipt["contractAddress"]:
                assert node.call("ots_hasCode", receipt["contractAddress"], "latest") is True
                creator = node.call("ots_getContractCreator", receipt["contractAddress"])
                assert creator["hash"] == hash and creator["creator"].lower() == transaction["from"].lower()
    # The history of an address, page by page from the newest, and back.
    for place, hashes in involved.items():
        for method, is_last in (("ots_searchTransactionsBefore", "lastPage"), ("ots_searchTransactionsAfter", "firstPage")):
            seen, at = [], 0
            while True:
                page = node.call(method, place, at, 2)
                assert len(page["txs"]) == len(page["receipts"])
                seen += [each["hash"] for each in page["txs"]]
                if page[is_last] or not page["txs"]:
                    break
                edge = page["txs"][-1 if is_last == "lastPage" else 0]
                at = int(edge["blockNumber"], 16)
            assert set(hashes) <= set(seen), (place, method)
