"""The walk of an explorer's importer over the chain, and of a client that computes hashes again from what it is served."""

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
