"""Who may call, from where, what, and how much of it; and answers that are too long for any limit."""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import time

import pytest
import requests

from clients import WebSocket
from node import RICH, Node, Wallet, wait_for_receipt

# Logs nothing, as often as the number at its beginning says.
LOGS = "62{:06x}5b5f5fa0600190038060045700"
COUNT = 30_000


def post(node: Node, method: str, *params, **headers) -> dict:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(node.url, json=body, headers=names, timeout=30).json()


def test_a_receipt_of_any_length_is_given(own_node):
    # Memory and limits that none of these answers fits into.
    node = own_node(
        RPC_MAX_MEMORY_BYTES=str(1 << 20), RPC_MAX_RESPONSE_BYTES=str(1 << 16), RPC_HEAVY_TIME_LIMIT="30s")
    sender = Wallet(node, RICH)
    transaction = sender.send(data=LOGS.format(COUNT), gas=20_000_000)
    receipt = wait_for_receipt(node, transaction)
    assert receipt["status"] == "0x1" and len(receipt["logs"]) == COUNT
    assert len(json.dumps(receipt)) > 10_000_000

    block = receipt["blockHash"]
    questions = {
        "eth_getTransactionReceipt": [transaction],
        "eth_getBlockReceipts": [block],
        "eth_getLogs": [{"blockHash": block}],
    }
    expected = {"eth_getTransactionReceipt": receipt, "eth_getBlockReceipts": [receipt], "eth_getLogs": receipt["logs"]}
    # All at once: they take turns, and none is refused.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = {method: pool.submit(node.call, method, *params) for method, params in questions.items()}
    for method, answer in answers.items():
        assert answer.result() == expected[method], method
    client = WebSocket(node)
    for method, params in questions.items():
        assert client.request(method, *params)["result"] == expected[method]
    # In a batch, where each could have been asked for alone, the limit holds.
    batch = [{"jsonrpc": "2.0", "id": 1, "method": "eth_getTransactionReceipt", "params": [transaction]}]
    assert [answer["error"]["code"] for answer in node.raw(json.dumps(batch).encode()).json()] == [-32008]
    client.close()


def test_sizes_are_options(own_node):
    node = own_node(RPC_MAX_REQUEST_BYTES="2000", RPC_MAX_BATCH_CALLS="2", RPC_MAX_RESPONSE_BYTES=str(1 << 16))
    assert node.raw(b" " * 2_001).status_code == 413
    call = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
    assert len(node.raw(b"[" + b",".join([call] * 2) + b"]").json()) == 2
    assert node.raw(b"[" + b",".join([call] * 3) + b"]").json()["error"]["code"] == -32600
    contract = "0x" + "5e".zfill(40)
    assert node.refusal("eth_call", {"to": contract}, "latest", {contract: {"code": "0x620200005ff3"}}).code == -32008


def test_pages_of_listed_origins_and_names(own_node):
    node = own_node(RPC_CORS_ORIGINS="https://app.example", RPC_ALLOWED_HOSTS="node.example,localhost")

    def preflight(origin: str) -> requests.Response:
        asks = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-wallet",
        }
        return requests.options(node.url, headers=asks, timeout=10)

    allowed = preflight("https://app.example")
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert allowed.headers["access-control-allow-headers"] == "content-type,x-wallet"
    assert preflight("https://evil.example").status_code == 403

    def status(host: str) -> int:
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
        return requests.post(node.url, json=body, headers={"Host": host}, timeout=10).status_code

    assert [status(host) for host in ("node.example", "localhost:3050", "127.0.0.1")] == [200, 200, 200]
    assert status("evil.example") == 403


def test_methods_are_switched_off_and_on(own_node):
    node = own_node(RPC_ENABLED_METHODS="eth,rpc,net_version", RPC_DISABLED_METHODS="eth_getLogs")
    assert node.call("eth_chainId") == "0x10e"
    assert node.call("net_version") == "270"
    for method in ("eth_getLogs", "net_listening", "debug_getRawHeader", "zkos_getRefusal"):
        assert node.refusal(method).code == -32601
    assert sorted(node.call("rpc_modules")) == ["eth", "net", "rpc"]


def test_what_the_node_does_not_start_with(tmp_path):
    (tmp_path / "secret").write_text("no secret")
    for options, words in [
        ({"RPC_DISABLED_METHODS": "eth_getLog"}, "rpc_disabled_methods names eth_getLog"),
        ({"RPC_PROTECTED_METHODS": "debug"}, "set rpc_token or rpc_jwt_secret"),
        ({"RPC_TOKEN": "short"}, "rpc_token has fewer than 16 characters"),
        ({"RPC_JWT_SECRET": str(tmp_path / "none")}, "cannot read"),
        ({"RPC_JWT_SECRET": str(tmp_path / "secret")}, "does not hold 32 bytes"),
    ]:
        node = Node(tmp_path, **options)
        with pytest.raises(RuntimeError, match=words):
            node.start()


def jwt(secret: bytes, **claims) -> str:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    signed = part(b'{"alg":"HS256","typ":"JWT"}') + "." + part(json.dumps(claims).encode())
    return signed + "." + part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def test_protected_methods_need_a_token(own_node, tmp_path):
    secret = bytes(range(32))
    (tmp_path / "secret").write_text("0x" + secret.hex() + "\n")
    node = own_node(
        RPC_PROTECTED_METHODS="debug,admin_nodeInfo", RPC_JWT_SECRET=str(tmp_path / "secret"),
        RPC_TOKEN="a token of the operator")
    assert node.call("eth_chainId") == "0x10e"
    for method, params in {"debug_getRawHeader": ["latest"], "admin_nodeInfo": []}.items():
        refusal = node.refusal(method, *params)
        assert refusal.code == -40100 and "Authorization: Bearer" in refusal.message
        for token in ("a token of the operator", jwt(secret, iat=int(time.time()))):
            assert "result" in post(node, method, *params, Authorization="Bearer " + token)
        for token, fault in {
            jwt(secret, iat=int(time.time()) - 3_600): "within 60 seconds",
            jwt(bytes(32), iat=int(time.time())): "signature",
            "another": "no JWT",
        }.items():
            error = post(node, method, *params, Authorization="Bearer " + token)["error"]
            assert error["code"] == -40100 and fault in error["message"]


def test_who_has_used_its_gas_waits(own_node):
    node = own_node(RPC_MAX_GAS_PER_ADDRESS="500000", RPC_BUDGET_BURST="1s")
    # Goes round in a circle until its gas is spent.
    call = {"to": "0x" + "5e".zfill(40), "gas": hex(3_000_000)}
    override = {call["to"]: {"code": "0x5b600056"}}
    assert "gas" in node.refusal("eth_call", call, "latest", override).message
    refusal = node.refusal("eth_chainId")
    assert refusal.code == -32005
    assert refusal.data["budget"] == "gas" and refusal.data["of"] == "address"
    assert 0 < refusal.data["retryAfterMs"] <= 5_001
    time.sleep(refusal.data["retryAfterMs"] / 1_000)
    assert node.call("eth_chainId") == "0x10e"


def test_receipts_are_told_as_they_are_asked_for(node, rich):
    client = WebSocket(node)
    syncing = client.subscribe("syncing")
    assert client.receive()["params"] == {"subscription": syncing, "result": False}
    raw = rich.sign(to=RICH.address)
    transaction = rich.node.web3.keccak(raw).to_0x_hex()
    wanted = client.subscribe("transactionReceipts", {"transactionHashes": [transaction]})
    assert len(wanted) == 34 and int(wanted, 16) >> 124
    rich.transact(to=RICH.address)
    told = client.receive()["params"]
    assert told == {"subscription": wanted, "result": [node.call("eth_getTransactionReceipt", transaction)]}
    client.close()


def test_numbers_as_clients_of_the_reference_write_them(node):
    latest = node.call("eth_getBlockByNumber", "0x1", False)
    assert node.call("eth_getBlockByNumber", "0x0001", False) == latest
    assert node.call("eth_getBalance", RICH.address, "0x01") == node.call("eth_getBalance", RICH.address, "0x1")
    call = {"from": RICH.address, "to": RICH.address, "value": "0x00", "gas": "0x005208", "gasPrice": "0x"}
    assert node.call("eth_call", call, "latest") == "0x"
    for value, words in {
        "1": "hex string without 0x prefix",
        "0x1g": "invalid hex string: no digit at position 3",
        "0x1" + "0" * 64: "hex number > 256 bits",
    }.items():
        refusal = node.refusal("eth_call", {"to": RICH.address, "value": value})
        assert (refusal.code, refusal.message) == (-32602, "invalid argument 0: " + words)
    for raw, words in {
        "0x02": "rlp: the bytes end before the item does",
        "0x02c0c0": "rlp: more follows where nothing should",
        "0x02c20001": "rlp: non-canonical integer (leading zero bytes)",
        "0xc3820001": "rlp: non-canonical integer (leading zero bytes)",
        "0x7e": "transaction type not supported: 0x7e",
        "0x03f8c0": "transaction type not supported: 0x03, blob transactions (EIP-4844)",
        "0x04": "transaction type not supported: 0x04, authorizations (EIP-7702)",
        "0xff": "rlp: the bytes end before the item does",
        "0x71c20001": "rlp: non-canonical integer (leading zero bytes)",
        "0x": "typed transaction too short",
    }.items():
        assert node.refusal("eth_sendRawTransaction", raw).message == words
