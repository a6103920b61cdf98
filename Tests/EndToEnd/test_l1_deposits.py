"""Deposits: asked for on L1 by web3.py, minted on L2 under the hash that L1 names, each exactly once."""

import random
import socket
import socketserver
import ssl
import subprocess
import threading

import pytest
from eth_account import Account

from l1_contracts import L1, MESSENGER, hex_of
from l1_program import L1Program
from node import Node, wait_until

# The first accounts of the phrase that every development chain has.
KEYS = [
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
]
BRIDGEHUB = "0x4b37536b9824c4a4cf3d15362135e346adb7cb9c"
GAS = 500_000
GAS_PRICE = 10 * 10**9


@pytest.fixture
def l1_program(tmp_path):
    program = L1Program(tmp_path, "--contracts")
    yield program
    program.stop()


@pytest.fixture
def l1(l1_program):
    return L1(l1_program.url, BRIDGEHUB, 270, KEYS[0])


def deposit(l1: L1, to: str, amount: int, data: bytes = b"", gas: int = GAS) -> str:
    """Asks for `amount` on L2; the hash that the transaction has there. It depends on the gas price on L1, which is the same
    here in whichever block the transaction is."""
    mint = amount + l1.base_cost(GAS_PRICE, gas)
    w = l1.web3
    signed = l1.account.sign_transaction({
        "chainId": w.eth.chain_id, "nonce": w.eth.get_transaction_count(l1.account.address, "pending"), "to": l1.bridgehub,
        "value": mint, "data": hex_of(l1.direct(mint, to, value=amount, data=data, gas=gas)), "gas": 2_000_000,
        "gasPrice": GAS_PRICE})
    hash = w.eth.send_raw_transaction(signed.raw_transaction)
    receipt = w.eth.wait_for_transaction_receipt(hash, timeout=60, poll_latency=0.01)
    assert receipt["status"] == 1, receipt
    [(_, hash, _)] = l1.requests(receipt)
    return hex_of(hash)


def receipt_of(node: Node, hash: str) -> dict | None:
    return node.call("eth_getTransactionReceipt", hash)


def balance(node: Node, address: str) -> int:
    return int(node.call("eth_getBalance", address, "latest"), 16)


def l1_health(node: Node) -> dict:
    return node.health()[1]["components"]["l1_requests"]


def test_the_steps_of_the_reference(l1, l1_program, own_node):
    """What the reference's own test of deposits does: the price from the bridgehub, a request whose value is what it costs
    and what is deposited, the event in the receipt on L1, the receipt on L2, balances on both sides."""
    node = own_node(L1_WATCHER_L1_API_URL=f"ws://{l1_program.address}")
    w1, w2 = l1.web3, node.web3
    alice = Account.create()
    l1.send(alice.address, b"", value=10**18)
    amount, gas, per_pubdata = 100, 500_000, 800
    fees = w1.eth.fee_history(10, "latest", [20.0])
    tip = 10**9
    max_fee = 2 * fees["baseFeePerGas"][-1] + tip
    cost = l1.base_cost(max_fee, gas)
    call = l1.direct(amount + cost, alice.address, value=amount, gas=gas, per_pubdata=per_pubdata, refund=alice.address)
    before = w1.eth.get_balance(alice.address)
    transaction = alice.sign_transaction({
        "chainId": w1.eth.chain_id, "nonce": 0, "to": l1.bridgehub, "value": amount + cost, "data": hex_of(call),
        "gas": 1_000_000, "maxFeePerGas": max_fee, "maxPriorityFeePerGas": tip})
    receipt = w1.eth.wait_for_transaction_receipt(
        w1.eth.send_raw_transaction(transaction.raw_transaction), poll_latency=0.02)
    assert receipt["status"] == 1
    [(number, hash, request)] = l1.requests(receipt)
    assert number == 1
    # No transaction of L2 is needed to bring it into a block.
    on_l2 = w2.eth.wait_for_transaction_receipt(hash, timeout=30, poll_latency=0.02)
    assert on_l2["status"] == 1 and on_l2["transactionHash"] == hash
    assert before - w1.eth.get_balance(alice.address) == receipt["gasUsed"] * receipt["effectiveGasPrice"] + amount + cost
    # All of it has come, and the fee is what the gas cost at the price of the request.
    fee = on_l2["gasUsed"] * request[5]
    assert w2.eth.get_balance(alice.address) == amount + cost - fee
    assert node.metrics()["l1_watcher_next_priority_id"] == 2
    assert node.health()[0] == 200 and l1_health(node) == {"status": "ready"}


def test_deposits_while_the_node_is_down(l1, l1_program, own_node):
    node = own_node(L1_WATCHER_L1_API_URL=l1_program.url)
    first = deposit(l1, Account.create().address, 5)
    wait_until(lambda: receipt_of(node, first))
    assert node.stop() == 0
    accounts = [Account.create().address for _ in range(3)]
    hashes = [deposit(l1, address, 10 + index) for index, address in enumerate(accounts)]
    l1_program.call("anvil_mine", hex(300))
    node.start()
    for hash in hashes:
        assert wait_until(lambda: receipt_of(node, hash))["status"] == "0x1"
    # The next run reads what L1 has since, and nothing again.
    head = node.head()
    assert node.stop() == 0
    node.start()
    last = deposit(l1, accounts[0], 7)
    wait_until(lambda: receipt_of(node, last))
    assert node.head() == head + 1


def test_each_deposit_exactly_once_whenever_the_node_is_killed(l1, l1_program, own_node):
    node = own_node(L1_WATCHER_L1_API_URL=l1_program.url, SEQUENCER_BLOCK_TIME="5ms")
    chance = random.Random(4)
    hashes: list[str] = []

    def ask():
        payer = L1(l1_program.url, BRIDGEHUB, 270, KEYS[1])
        for index in range(60):
            hashes.append(deposit(payer, Account.create().address, 1 + index))

    asking = threading.Thread(target=ask)
    asking.start()
    kills = 0
    while asking.is_alive() or kills < 6:
        threading.Event().wait(chance.random() * 0.3)
        node.kill()
        node.start()
        kills += 1
    asking.join()
    assert len(hashes) == 60
    receipts = [wait_until(lambda: receipt_of(node, hash)) for hash in hashes]
    assert all(receipt["status"] == "0x1" for receipt in receipts)
    found = []
    for number in range(1, node.head() + 1):
        found += node.call("eth_getBlockByNumber", hex(number), False)["transactions"]
    # The forced one is the first of all.
    assert found[1:] == hashes


def test_a_reorganised_l1(l1, l1_program, own_node):
    """A deposit that L1 takes back after it is in a block stays there, and the operator is told; one that comes back in
    another block is the same."""
    node = own_node(L1_WATCHER_L1_API_URL=l1_program.url)
    l1_program.call("anvil_mine", hex(10))
    kept = deposit(l1, Account.create().address, 5)
    wait_until(lambda: receipt_of(node, kept))
    l1_program.call("anvil_reorg", {"depth": 3, "keep": True})
    second = deposit(l1, Account.create().address, 6)
    assert wait_until(lambda: receipt_of(node, second))
    assert l1_health(node) == {"status": "ready"}
    assert node.metrics()["l1_reorganisations_total"] >= 1

    l1_program.call("anvil_reorg", {"depth": 1, "tx_block_pairs": []})
    wait_until(lambda: "not on L1 any more" in l1_health(node).get("details", ""))
    third = deposit(L1(l1_program.url, BRIDGEHUB, 270, KEYS[1]), Account.create().address, 7)
    assert third != second
    wait_until(lambda: "L1 reorganised below request 2, which is already in block" in l1_health(node).get("details", ""))
    assert node.metrics()["l1_watcher_halted"] == 1
    # Blocks go on, and so do requests.
    fourth = deposit(l1, Account.create().address, 8)
    wait_until(lambda: receipt_of(node, fourth))
    assert receipt_of(node, second) and not receipt_of(node, third)


def test_a_request_that_no_block_can_have(l1, l1_program, own_node):
    """Our contracts refuse requests to 0x8008, on which the guest program would abort, so the code of the chain's contract
    is changed: it refuses another address in its place."""
    node = own_node(L1_WATCHER_L1_API_URL=l1_program.url)
    code = l1_program.call("eth_getCode", l1.chain, "latest")
    assert "618008" in code
    l1_program.call("anvil_setCode", l1.chain, code.replace("618008", "618009"))
    good = deposit(l1, Account.create().address, 5)
    wait_until(lambda: receipt_of(node, good))
    bad = deposit(l1, MESSENGER, 0, data=bytes.fromhex("62f84b24") + (32).to_bytes(32) + bytes(32))
    later = deposit(l1, Account.create().address, 6)
    wait_until(lambda: l1_health(node)["status"] == "degraded")
    details = l1_health(node)["details"]
    assert "request 2 of L1" in details and bad in details and "can be in no block" in details
    assert node.metrics()["l1_watcher_halted"] == 1
    for restarts in [False, True]:
        if restarts:
            assert node.stop() == 0
            node.start()
        # L2 goes on.
        head = node.head()
        wallet = node.web3.eth.account.from_key("0x7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110")
        signed = wallet.sign_transaction({
            "chainId": 270, "nonce": int(restarts), "gas": 21_000, "maxFeePerGas": 10_000, "maxPriorityFeePerGas": 0,
            "to": Account.create().address, "value": 1})
        hash = node.web3.eth.send_raw_transaction(signed.raw_transaction)
        assert node.web3.eth.wait_for_transaction_receipt(hash, timeout=30, poll_latency=0.02)["status"] == 1
        assert node.head() == head + 1
        assert receipt_of(node, bad) is None and receipt_of(node, later) is None
        assert "request 2 of L1" in l1_health(node)["details"]
    # Once is enough to say it, over both runs.
    assert node.log().count("an L1 request can be in no block") == 1


class Cut(socketserver.ThreadingTCPServer):
    """Passes connections on to an L1, with TLS on its own side where it has a certificate, until it is told to cut them."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, target: str, certificate=None):
        self.target = (target.split(":")[0], int(target.split(":")[1]))
        self.is_cut = False
        self.open: list[socket.socket] = []
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), None)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def finish_request(self, request, client_address):
        if self.is_cut:
            return
        try:
            if self.context:
                request = self.context.wrap_socket(request, server_side=True)
            upstream = socket.create_connection(self.target)
        except OSError:
            return
        self.open += [request, upstream]
        back = threading.Thread(target=self.pump, args=(upstream, request), daemon=True)
        back.start()
        self.pump(request, upstream)
        back.join()

    @staticmethod
    def pump(source, target):
        try:
            while data := source.recv(65_536):
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.is_cut = True
        for each in self.open:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []


def test_an_l1_that_goes_and_comes_back(l1, l1_program, own_node):
    """The second node takes over while the first is cut off, and nothing shows what the URLs keep secret."""
    first, second = Cut(l1_program.address), Cut(l1_program.address)
    node = own_node(
        L1_WATCHER_L1_API_URL=f"http://user:pass-word@127.0.0.1:{first.port}/api-key,ws://127.0.0.1:{second.port}/api-key")
    hash = deposit(l1, Account.create().address, 5)
    wait_until(lambda: receipt_of(node, hash))
    first.cut()
    hash = deposit(l1, Account.create().address, 6)
    wait_until(lambda: receipt_of(node, hash))
    second.cut()
    hash = deposit(l1, Account.create().address, 7)
    wait_until(lambda: l1_health(node)["status"] == "degraded")
    details = l1_health(node)["details"]
    assert "L1 cannot be reached" in details
    assert node.health()[0] == 200
    first.is_cut = second.is_cut = False
    wait_until(lambda: receipt_of(node, hash), timeout=60)
    wait_until(lambda: l1_health(node)["status"] == "ready")
    for secret in ["pass-word", "api-key"]:
        assert secret not in details and secret not in node.log()
    first.shutdown()
    second.shutdown()


@pytest.mark.parametrize("scheme", ["https", "wss"])
def test_an_l1_behind_tls(l1, l1_program, own_node, tmp_path, scheme):
    """Trusted by a certificate that is named, and by none else."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1"], cwd=tmp_path, check=True, capture_output=True)
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "certificate.pem").read_text())
    tls = Cut(l1_program.address, both)
    node = own_node(L1_WATCHER_L1_API_URL=f"{scheme}://localhost:{tls.port}")
    wait_until(lambda: l1_health(node)["status"] == "degraded")
    assert "cannot be reached" in l1_health(node)["details"]
    assert node.stop() == 0
    node.options["L1_TRUSTED_CERTIFICATES"] = str(tmp_path / "certificate.pem")
    node.start()
    hash = deposit(l1, Account.create().address, 5)
    wait_until(lambda: receipt_of(node, hash))
    assert l1_health(node) == {"status": "ready"}
    tls.shutdown()


def test_no_l1_is_no_trouble(tmp_path):
    """Where nobody has said that there is one, a line is all there is of it."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 8545)) == 0:
            pytest.skip("something listens on 8545")
    node = Node(tmp_path)
    node.options["L1_WATCHER_L1_API_URL"] = "ws://localhost:8545"
    node.start()
    try:
        wait_until(lambda: "failed to start L1 watcher; proceeding without it" in node.log())
        status, report = node.health()
        assert status == 200 and report["components"]["l1_requests"] == {"status": "ready"}
        assert node.log().count("failed to start L1 watcher") == 1
    finally:
        node.close()


def test_a_url_that_is_none_is_refused_without_being_shown(tmp_path):
    node = Node(tmp_path, L1_WATCHER_L1_API_URL="htps://secret-key")
    with pytest.raises(RuntimeError):
        node.start()
    assert "l1_watcher_l1_api_url" in node.log() and "secret-key" not in node.log()


def test_requests_from_the_first_on(l1_program, tmp_path):
    """With l1_forced_deposit=false the chain begins with what L1 says: here the same deposit, read from there."""
    node = Node(
        tmp_path, L1_WATCHER_L1_API_URL=l1_program.url, L1_FORCED_DEPOSIT="false",
        L1_WATCHER_ROCKS_DB_PATH=str(tmp_path / "elsewhere/queue"))
    node.start()
    try:
        forced = "0xa1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672"
        assert receipt_of(node, forced)["blockNumber"] == "0x1"
        assert (tmp_path / "elsewhere/queue/l1_watcher/CURRENT").exists()
    finally:
        node.close()
