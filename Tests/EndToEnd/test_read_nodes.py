"""Nodes that follow another: they have the same blocks, answer like it, and pass on what they get."""

import json
import socket
import subprocess
import threading
import time

import pytest
import requests

from node import RICH, ROOT, Node, Wallet, free_port, wait_for_receipt, wait_until

OTHER = "0x" + "00" * 18 + "b0b0"
TOKEN = "a token that nobody guesses"


class Chain:
    """A node that builds blocks and others that follow it, each with a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.nodes = []
        self.feed = free_port()
        self.main = self.node("main", REPLAY_FEED_ENABLED="true", REPLAY_FEED_ADDRESS=f"127.0.0.1:{self.feed}",
                              REPLAY_FEED_TOKEN=TOKEN)

    def node(self, name, **options):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        self.nodes.append(Node(folder, **options))
        return self.nodes[-1]

    def reader(self, name, **options):
        return self.node(name, **{
            "NODE_ROLE": "read", "MAIN_NODE_URL": f"http://127.0.0.1:{self.feed}", "MAIN_NODE_TOKEN": TOKEN,
            "MAIN_NODE_RPC_URL": self.main.url, **options})

    def close(self):
        for node in self.nodes:
            node.close()


@pytest.fixture
def chain(tmp_path):
    chain = Chain(tmp_path)
    yield chain
    chain.close()


def catch_up(reader, main):
    """Waits until the reader has what the main node has now; the block."""
    head = main.head()
    wait_until(lambda: reader.head() >= head)
    return head


def answers(node, number, transactions):
    """What clients learn of a block in many ways."""
    tag = hex(number)
    block = node.call("eth_getBlockByNumber", tag, True)
    return {
        "block": block,
        "receipts": node.call("eth_getBlockReceipts", tag),
        "raw": node.call("debug_getRawBlock", tag),
        "balance": node.call("eth_getBalance", RICH.address, tag),
        "logs": node.call("eth_getLogs", {"fromBlock": tag, "toBlock": tag}),
        "trace": [node.call("debug_traceTransaction", each, {"tracer": "callTracer"}) for each in transactions[:2]],
        "proof": node.call("zks_getProof", RICH.address, ["0x" + "00" * 32], number),
    }


def test_a_read_node_has_the_same_chain_and_takes_transactions(chain, artifact):
    main = chain.main.start()
    wallet = Wallet(main, RICH)
    token = wallet.deploy(artifact("Token"), "Token", "TTK", 10**24)
    for _ in range(5):
        wallet.transact(to=token.address, gas=200_000,
                        data=token.encode_abi("transfer", args=[RICH.address, 7]))
    reader = chain.reader("reader").start()
    head = catch_up(reader, main)
    for number in range(head + 1):
        block = main.call("eth_getBlockByNumber", hex(number), False)
        if number > 0:
            assert answers(reader, number, block["transactions"]) == answers(main, number, block["transactions"])
        else:
            assert reader.call("eth_getBlockByNumber", "0x0", False) == block
    assert reader.health()[0] == 200
    wait_until(lambda: reader.metrics()["replica_compared_state_block"] >= head)
    assert main.metrics()["replay_feed_followers"] == 1

    # What it gets goes to the main node, and comes back in a block; `pending` knows it meanwhile.
    sent = Wallet(reader, RICH)
    receipt = sent.transact(to=OTHER, value=5)
    assert main.call("eth_getTransactionReceipt", receipt["transactionHash"]) == receipt
    synced = reader.call("eth_sendRawTransactionSync", "0x" + sent.sign(to=OTHER, value=6).hex())
    assert synced["status"] == "0x1"
    sent.nonce += 1
    # A refusal is the main node's; what is no transaction at all is said at once.
    assert "nonce too low" in str(reader.refusal("eth_sendRawTransaction", "0x" + sent.sign(nonce=0, to=OTHER).hex()))
    reader.refusal("eth_sendRawTransaction", "0x02c0")
    # What only the main node knows is asked there, alone and in a batch.
    assert reader.call("zks_L1BatchNumber") == main.call("zks_L1BatchNumber")
    body = [{"jsonrpc": "2.0", "id": i, "method": "zks_getL1GasPrice", "params": []} for i in range(2)]
    assert requests.post(reader.url, json=body, timeout=10).json() == requests.post(main.url, json=body, timeout=10).json()
    assert int(reader.call("eth_getTransactionCount", RICH.address, "pending"), 16) == sent.nonce

    # Without a main node it serves what it has, and says so.
    main.kill()
    wait_until(lambda: "main_node" in json.dumps(requests.get(f"{reader.metrics_url}/status", timeout=10).json()))
    assert reader.head() >= head
    refused = reader.refusal("eth_sendRawTransaction", "0x" + sent.sign(to=RICH.address).hex())
    assert "the main node has not taken the transaction" in refused.message
    code, report = reader.health()
    assert code == 200 and "does not feed this node" in report["components"]["replica"]["details"]
    assert "the main node does not answer" in reader.refusal("zks_L1BatchNumber").message

    # It comes back, and both go on.
    main.start()
    receipt = sent.transact(to=RICH.address)
    assert wait_for_receipt(main, receipt["transactionHash"])["blockHash"] == receipt["blockHash"]
    assert reader.stop() == 0


def test_a_read_node_goes_on_after_kill_and_a_chain_of_them_follows_under_load(chain):
    main = chain.main.start()
    feed = free_port()
    reader = chain.reader("reader", REPLAY_FEED_ENABLED="true", REPLAY_FEED_ADDRESS=f"127.0.0.1:{feed}").start()
    last = chain.reader("last", MAIN_NODE_URL=f"http://127.0.0.1:{feed}", MAIN_NODE_RPC_URL=reader.url).start()
    stop = threading.Event()
    sent = []

    def load():
        wallet = Wallet(main, RICH)
        while not stop.is_set():
            sent.append(wallet.send(to=RICH.address))
            time.sleep(0.002)

    sender = threading.Thread(target=load)
    sender.start()
    try:
        for _ in range(4):
            before = reader.head()
            wait_until(lambda: reader.head() > before + 2)
            reader.kill()
            reader.start()
        head = wait_until(lambda: last.head() > reader.head() - 2 and last.head())
    finally:
        stop.set()
        sender.join()
    for transaction in sent[-1:]:
        # Through both of them, the receipt arrives at the last.
        receipt = wait_for_receipt(last, transaction)
        assert receipt == wait_for_receipt(main, transaction)
    for number in range(head + 1):
        hashes = {node.call("eth_getBlockByNumber", hex(number), False)["hash"] for node in (main, reader, last)}
        assert len(hashes) == 1
    lost = [each for each in sent if not last.call("eth_getTransactionReceipt", each)]
    assert not lost
    assert last.stop() == 0 and reader.stop() == 0 and main.stop() == 0


def test_a_read_node_begins_with_a_checkpoint_or_the_archive(chain, tmp_path):
    """Without executing what is in it, or from the records alone; and goes on from there."""
    archive = tmp_path / "archive"
    archive.mkdir()
    chain.main.options.update(ARCHIVE_PATH=str(archive), ARCHIVE_MAX_AGE="100ms")
    main = chain.main.start()
    wallet = Wallet(main, RICH)
    for value in range(3):
        wallet.transact(to=OTHER, value=value)
    copied = chain.reader("copied")
    zkos = [str(ROOT / ".build/release/zkos")]
    subprocess.run(
        zkos + ["database", "checkpoint", "--node", f"http://127.0.0.1:{main.admin_port}", copied.directory / "db"],
        check=True, timeout=60)
    restored = chain.reader("restored")
    head = main.head()
    wait_until(lambda: main.metrics()["archive_last_block"] >= head)
    anchor = f"{head}:" + main.call("eth_getBlockByNumber", hex(head), False)["hash"]
    subprocess.run(
        zkos + ["archive", "restore", "--anchor", anchor, "--archive", archive, restored.directory / "db"],
        check=True, timeout=60)
    wallet.transact(to=OTHER, value=9)
    for reader in (copied, restored):
        reader.start()
        head = catch_up(reader, main)
        # Only what came later was asked for.
        assert f"following from={head}" in reader.log()
        for number in range(1, head + 1):
            transactions = main.call("eth_getBlockByNumber", hex(number), False)["transactions"]
            assert answers(reader, number, transactions) == answers(main, number, transactions)
        assert reader.stop() == 0


def test_what_a_read_node_does_not_need_it_can_do_without(chain):
    feed = free_port()
    main = chain.main.start()
    bare = chain.reader("bare", TREE_COMPONENT_ENABLED="false").start()
    relay = chain.reader("relay", RPC_COMPONENT_ENABLED="false", TREE_COMPONENT_ENABLED="false",
                         REPLAY_FEED_ENABLED="true", REPLAY_FEED_ADDRESS=f"127.0.0.1:{feed}")
    relay.launch()
    last = chain.reader("last", MAIN_NODE_URL=f"http://127.0.0.1:{feed}").start()
    block = Wallet(last, RICH).transact(to=RICH.address)["blockNumber"]
    wait_until(lambda: bare.head() >= int(block, 16))
    assert bare.call("eth_getBlockByNumber", block, True) == main.call("eth_getBlockByNumber", block, True)
    refusal = bare.refusal("zks_getProof", RICH.address, ["0x" + "00" * 32], int(block, 16))
    assert refusal.code == -32001 and "this node keeps no state tree" in refusal.message
    assert not any((node.directory / "db/tree/superblock").exists() for node in (bare, relay))
    with pytest.raises(requests.ConnectionError):
        relay.head()
    assert relay.health()[0] == 200
    # The tree that is wanted later is made of the blocks that are there.
    assert bare.stop() == 0
    bare.options.pop("TREE_COMPONENT_ENABLED")
    with pytest.raises(RuntimeError, match="start with --repair"):
        bare.start()
    bare.options["SEQUENCER_REPAIR"] = "true"
    bare.start()
    wait_until(lambda: "result" in bare.request("zks_getProof", RICH.address, ["0x" + "00" * 32], int(block, 16)))


def test_what_is_sent_to_a_read_node_arrives_although_the_main_node_dies(chain):
    main = chain.main
    # The pool of the main node does not outlive it here: what it had taken is sent again.
    main.options["MEMPOOL_JOURNAL_ENABLED"] = "false"
    main.options["SEQUENCER_BLOCK_TIME"] = "2s"
    main.start()
    reader = chain.reader("reader").start()
    catch_up(reader, main)
    wallet = Wallet(reader, RICH)
    hashes = [wallet.send(to=RICH.address) for _ in range(20)]
    main.kill()
    main.start()
    for each in hashes:
        assert wait_for_receipt(reader, each, timeout=60)["status"] == "0x1"


def test_safe_and_finalized_are_those_of_the_main_node(tmp_path):
    chain = Chain(tmp_path)
    try:
        main = chain.main
        main.options.update(
            DEVELOPMENT_L1_ENABLED="true", DEVELOPMENT_L1_ADDRESS=f"127.0.0.1:{free_port()}",
            PROVER_API_FAKE_PROVERS="1", PROVER_API_FAKE_COMPUTE_TIME="10ms", PROVER_API_FAKE_MIN_AGE="10ms")
        main.start(timeout=60)
        reader = chain.reader("reader").start()
        wallet = Wallet(reader, RICH)
        wallet.transact(to=RICH.address)
        head = main.head()

        def final(node, tag="finalized"):
            """The number of the block; 0 while there is none."""
            block = node.request("eth_getBlockByNumber", tag, False).get("result")
            return int(block["number"], 16) if block else 0

        wait_until(lambda: final(main) >= head, timeout=60)
        wait_until(lambda: final(reader) >= head and final(reader, "safe") >= head)
        assert reader.call("zks_getBridgehubContract") == main.call("zks_getBridgehubContract") is not None
        details = reader.call("zks_getL1BatchDetails", head)
        assert details == main.call("zks_getL1BatchDetails", head) and details["executeTxHash"]
    finally:
        chain.close()


@pytest.mark.parametrize(("options", "line"), [
    ({"MAIN_NODE_URL": ""}, "main_node_url with node_role=read: it is not set"),
    ({"PROVER_API_FAKE_PROVERS": "1"}, "prover_api_fake_provers with node_role=read"),
    ({"DEVELOPMENT_L1_ENABLED": "true"}, "development_l1_enabled with node_role=read"),
    ({"NODE_ROLE": "sequencer"}, "main_node_url with node_role=sequencer"),
    ({"NODE_ROLE": "leader"}, "node_role"),
    ({"NODE_ROLE": "sequencer", "MAIN_NODE_URL": "", "TREE_COMPONENT_ENABLED": "false"}, "needs the state tree"),
    ({"MAIN_NODE_URL": "ws://127.0.0.1:1"}, "main_node_url"),
    ({"REPLAY_FEED_ENABLED": "true", "REPLAY_FEED_ADDRESS": "0.0.0.0:3053"}, "set replay_feed_token"),
    ({"REPLAY_FEED_ENABLED": "true", "REPLAY_FEED_TOKEN": "short"}, "replay_feed_token has fewer than"),
])
def test_what_contradicts_itself_does_not_start(chain, options, line):
    node = chain.reader("reader", **options)
    with pytest.raises(RuntimeError, match=line):
        node.start()
    assert len([each for each in node.log().splitlines() if "error" in each.lower() or line in each]) <= 2


def test_another_chain_and_other_blocks_are_refused_with_one_line(chain):
    main = chain.main.start()
    stranger = chain.reader("stranger", RPC_CHAIN_ID="271")
    stranger.launch()
    assert stranger.process.wait(30) == 1
    assert "this node is of chain 271" in stranger.log() or "its genesis is" in stranger.log()
    # A node that has gone its own way.
    other = chain.node("other").start()
    Wallet(other, RICH).transact(to=RICH.address)
    assert other.stop() == 0
    Wallet(main, RICH).transact(to=RICH.address, value=1)
    fork = chain.reader("other")
    fork.launch()
    assert fork.process.wait(30) == 1
    line = next(each for each in fork.log().splitlines() if "is on another chain" in each)
    assert "they part after block" in line and "zkos chain rollback --to" in line
    # The main node is none the worse.
    Wallet(main, RICH).transact(to=RICH.address)
    assert main.metrics()["replay_feed_forks_total"] >= 1


class LyingFeed:
    """Answers every connection with the same bytes, and then waits."""

    def __init__(self, body):
        self.answer = body
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.asked = []
        self.kept = []
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.asked.append(connection.recv(4_096))
            connection.sendall(self.answer)
            self.kept.append(connection)


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize(("answer", "reason"), [
    (b"\x00\xff garbage\r\n\r\n", "does not feed this node"),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "it ended the stream"),
    (b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n", "HTTP status 302"),
    (b"HTTP/1.1 503 Busy\r\ncontent-length: 5\r\n\r\nlater", "later"),
    (STREAM + b"\xff\xff\xff\xff" + b"\x00" * 64, "a frame of 4294967295 bytes"),
    (STREAM + b"\x01\x00\x00\x00" + b"\x00" * 64, "a frame was damaged"),
    (STREAM + b"<html>no feed</html>" * 100, "what it says is no replay feed"),
])
def test_whatever_a_main_node_says_is_a_reason_and_no_more(tmp_path, answer, reason):
    feed = LyingFeed(answer)
    node = Node(tmp_path, NODE_ROLE="read", MAIN_NODE_URL=f"http://127.0.0.1:{feed.port}")
    try:
        node.launch()
        wait_until(lambda: len(feed.asked) >= 3)
        assert feed.asked[0].startswith(b"GET /replay/v1?from=1&parent=0x")
        assert reason in node.health()[1]["components"]["replica"]["details"]
        # It serves what it has, and ends as it should.
        assert node.head() == 0
        assert node.stop() == 0
        # No line more than once in ten seconds for the same reason.
        assert node.log().count("the followed node does not feed this one") <= 2
    finally:
        node.close()
        feed.socket.close()


def test_the_feed_stands_whatever_comes(chain):
    chain.main.options["REPLAY_FEED_MAX_FOLLOWERS"] = "2"
    main = chain.main.start()
    genesis = main.call("eth_getBlockByNumber", "0x0", False)["hash"]
    url = f"http://127.0.0.1:{chain.feed}/replay/v1"
    allowed = {"Authorization": f"Bearer {TOKEN}"}

    def status(query="", headers=allowed, path=url):
        answer = requests.get(path + query, headers=headers, timeout=10, stream=True)
        answer.close()
        return answer.status_code

    good = f"?from=1&parent={genesis}"
    assert status(good, {}) == 401 and status(good, {"Authorization": "Bearer no"}) == 401
    for query in ("", "?from=0&parent=" + genesis, "?from=1", "?from=-1&parent=" + genesis, "?from=1&parent=0x12",
                  f"?from={2**64}&parent={genesis}"):
        assert status(query) == 400, query
    assert status(f"?from={2**63}&parent={genesis}") == 409 and status(f"?from=1&parent=0x{'11' * 32}") == 409
    assert status(path=url + "/blocks/99999") == 404 and status(path=url + "/blocks/x") == 400
    assert requests.get(url + "/blocks/0", headers=allowed, timeout=10).text.strip() == genesis
    assert requests.post(url + good, headers=allowed, timeout=10).status_code == 405
    # Followers who take nothing have their places, and the third none; block production does not care.
    kept = [requests.get(url + good, headers=allowed, timeout=10, stream=True) for _ in range(2)]
    wait_until(lambda: main.metrics()["replay_feed_followers"] == 2)
    assert status(good) == 503
    wallet = Wallet(main, RICH)
    for _ in range(20):
        wallet.transact(to=RICH.address)
    for each in kept:
        each.close()
    wait_until(lambda: main.metrics()["replay_feed_followers"] == 0)
    assert status(good) == 200
    assert main.stop() == 0
