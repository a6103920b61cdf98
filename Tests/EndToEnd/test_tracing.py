"""Traces as clients ask for them: web3.py's own methods, the shapes of Foundry, Ape and Blockscout, a client that leaves."""

import json
import socket
import time

from clients import encode, rpc
from node import wait_until


def test_web3_reads_the_traces_of_a_token(node, rich, token):
    web3 = node.web3
    receipt = rich.transact(
        to=token.address, gas=200_000,
        data=token.functions.transfer("0x" + "11" * 20, 5).build_transaction({"gas": 1, "gasPrice": 1})["data"])
    hash, number = receipt["transactionHash"], int(receipt["blockNumber"], 16)
    trace, = web3.tracing.trace_transaction(hash)
    assert trace["action"]["callType"] == "call" and trace["action"]["to"] == token.address
    assert web3.tracing.trace_block(number) == [trace]
    assert web3.tracing.trace_filter({"fromBlock": hex(number), "toBlock": hex(number), "toAddress": [token.address]}) == [trace]
    assert web3.tracing.trace_replay_transaction(hash, mode=["trace"])["trace"][0]["type"] == "call"
    call = {"to": token.address, "from": rich.address, "data": "0x18160ddd"}
    supply = web3.tracing.trace_call(call, ["trace"], "latest")
    assert int(supply["output"].hex(), 16) == 10**24
    assert web3.geth.debug.trace_transaction(hash, {"tracer": "callTracer"})["from"] == rich.address


def test_the_requests_of_other_clients(node, rich, token):
    data = token.functions.transfer("0x" + "22" * 20, 7).build_transaction({"gas": 1, "gasPrice": 1})["data"]
    receipt = rich.transact(to=token.address, gas=200_000, data=data)
    hash, block = receipt["transactionHash"], receipt["blockNumber"]
    # Ape and Foundry.
    steps = node.call("debug_traceTransaction", hash, {"stepsTracing": True, "enableMemory": True})
    assert steps["structLogs"][0]["op"].startswith("PUSH") and not steps["failed"]
    assert steps["gas"] == int(receipt["gasUsed"], 16)
    options = {"disableStack": True, "disableMemory": True, "disableStorage": True, "tracer": "callTracer",
               "tracerConfig": {"onlyTopCall": False, "withLog": True}, "timeout": "10s"}
    calls = node.call("debug_traceTransaction", hash, options)
    assert [log["topics"] for log in calls["logs"]] == [log["topics"] for log in receipt["logs"]]
    # Blockscout.
    blocks = node.call("debug_traceBlockByNumber", block, {"tracer": "callTracer", "timeout": "60s"})
    assert [each["txHash"] for each in blocks] == [hash] and blocks[0]["result"]["to"] == token.address.lower()
    # Graph node.
    flat = node.call("trace_filter", {"fromBlock": block, "toBlock": block})
    assert [each["transactionHash"] for each in flat] == [hash]
    state = node.call("debug_traceTransaction", hash, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}})
    changed = state["post"][token.address.lower()]["storage"]
    assert len(changed) == 2 and all(node.call("eth_getStorageAt", token.address, slot, block) == value
                                     for slot, value in changed.items())
    script = "{data: [], fault: function(log) {}, step: function(log) {}, result: function() { return 1 }}"
    assert "prestateTracer" in node.refusal("debug_traceTransaction", hash, {"tracer": script}).message


def test_a_trace_ends_when_its_client_leaves_and_the_others_are_served(own_node):
    """Each client asks for something long and goes; as many threads as there are come back to who stays."""
    node = own_node(RPC_HEAVY_THREADS="1", RPC_CALL_GAS="4000000000")
    # JUMPDEST, PUSH1 0, JUMP: no more than the gas ends it.
    loop = {"to": "0x" + "33" * 20, "gas": hex(4_000_000_000)}
    options = {"disableStack": True, "limit": 1, "stateOverrides": {loop["to"]: {"code": "0x5b600056"}},
               "blockOverrides": {"gasLimit": hex(4_000_000_000)}}
    before = node.resident_bytes()
    for _ in range(3):
        connection = node.connect()
        body = encode(rpc("debug_traceCall", loop, "latest", options))
        connection.sendall(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(0.2)
        connection.close()
    # An answer of the one thread that runs traces: it is free.
    assert node.call("debug_traceBlockByNumber", "0x1", {"tracer": "callTracer"})
    assert node.resident_bytes() - before < 200 << 20
