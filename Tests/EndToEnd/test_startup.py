"""A start that fails says why in one line, and one that only looks odd in a warning."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

import pytest
import requests

from clients import WebSocket
from node import BINARY, CHAIN_ID, RICH, Node, Wallet, wait_until

NOBODY = 65_534


def environment_of(folder: pathlib.Path, **options: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
        "RPC_ADDRESS": "127.0.0.1:0",
        "METRICS_ADDRESS": "127.0.0.1:0",
        "ADMIN_ADDRESS": "127.0.0.1:0",
        "SEQUENCER_ROCKS_DB_PATH": str(folder),
        **options,
    }


def complaint(folder: pathlib.Path, *, user: int | None = None, **options: str) -> str:
    """Starts a node that must end by itself with an error; the one line that it leaves on standard error."""
    environment = environment_of(folder, **options)
    ended = subprocess.run([str(BINARY)], env=environment, capture_output=True, text=True, timeout=60, user=user)
    assert ended.returncode in (1, 2), ended
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    prefix = "sequencer: "
    assert lines[0].startswith(prefix)
    return lines[0].removeprefix(prefix)


@pytest.fixture
def public_folder():
    """A folder that everybody may reach and write to."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="startup-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def stranger():
    """A user without privileges; `None` where these tests run as one."""
    if os.geteuid() != 0:
        return None
    runs = subprocess.run(["test", "-x", str(BINARY)], user=NOBODY).returncode == 0
    if not runs:
        pytest.skip("the program is in a folder that only root may read")
    return NOBODY


@pytest.mark.parametrize("option", ["RPC_ADDRESS", "METRICS_ADDRESS", "PROVER_API_ADDRESS"])
def test_a_taken_port_is_named_with_the_reason(tmp_path, option):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        options = {"PROVER_API_COMPONENT_ENABLED": "true", "PROVER_API_ADDRESS": "127.0.0.1:0", option: address}
        assert complaint(tmp_path / "db", **options) == f"cannot listen on {address}: address already in use"


def test_a_port_of_the_system_needs_a_privilege(public_folder, stranger):
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if first <= 1:
        pytest.skip("this machine gives every port to everybody")
    address = f"127.0.0.1:{first - 1}"
    text = complaint(public_folder / "db", user=stranger, RPC_ADDRESS=address)
    assert text == f"cannot listen on {address}: permission denied (ports below 1024 need a privilege)"


def test_an_unknown_host_is_named(tmp_path):
    address = "no-such-host.invalid:1"
    assert complaint(tmp_path / "db", RPC_ADDRESS=address) == f"cannot listen on {address}: unknown host"


def test_a_database_in_use_is_named(own_node):
    node = own_node()
    folder = node.directory / "db"
    assert complaint(folder) == f"another node uses this database ({folder}/replay_log)"
    assert node.head() >= 1


def test_a_file_in_place_of_a_folder(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    assert complaint(file) == f"{file} is a file, where the database needs a folder"
    assert complaint(file / "db") == f"cannot create the folder {file}/db: not a directory"
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "state").write_text("")
    assert complaint(tmp_path / "db") == f"{tmp_path}/db/state is a file, where the database needs a folder"


def test_folders_without_permission(public_folder, stranger):
    closed = public_folder / "closed"
    closed.mkdir(mode=0o555)
    assert complaint(closed, user=stranger) == f"cannot write to the folder {closed}: permission denied"
    assert complaint(closed / "db", user=stranger) == f"cannot create the folder {closed}/db: permission denied"
    (public_folder / "db").mkdir(mode=0o777)
    (public_folder / "db").chmod(0o777)
    (public_folder / "db" / "blocks").mkdir(mode=0o000)
    text = complaint(public_folder / "db", user=stranger)
    assert text == f"cannot write to the folder {public_folder}/db/blocks: permission denied"


def test_an_image_that_is_not_there(tmp_path):
    image = str(tmp_path / "server_app.bin")
    text = complaint(
        tmp_path / "db", PROVER_API_FAKE_PROVERS="1", PROVER_INPUT_MODE="guest", PROVER_INPUT_IMAGE=image)
    assert text == f"cannot read {image}: No such file or directory"


def test_another_chain_id_over_the_same_database(own_node):
    node = own_node()
    head = node.head()
    node.stop()
    folder = node.directory / "db"
    text = f"the database in {folder} is of chain 270, and the node is configured for chain 271"
    assert complaint(folder, RPC_CHAIN_ID="271") == text
    node.start()
    assert node.head() == head


def test_options_that_are_ill_typed_or_unknown(tmp_path):
    assert complaint(tmp_path / "db", RPC_MAX_CONNECTIONS="many") == (
        'rpc_max_connections: "many" is not a whole number from 1 to 1000000')
    file = tmp_path / "node.yaml"
    file.write_text("rpc_adress: 127.0.0.1:1\n")
    assert complaint(tmp_path / "db", CONFIG_FILE=str(file)) == f'{file}: there is no option "rpc_adress"'


def test_unknown_names_in_the_environment_are_warned_of(own_node):
    node = own_node(RPC_MAX_CONECTIONS="1", BATCHER_LOGGING_ENABLED="true", SEQUENCER_BLOCK_TIME_MS="100", LOG_DIR="/")
    warnings = [line.split("node: ")[1] for line in node.log().splitlines() if " WARNING " in line]
    # These tests may run as root, which has a warning of its own.
    warnings = [text for text in warnings if " in the environment " in text]
    assert warnings == [
        "BATCHER_LOGGING_ENABLED in the environment is ignored: the guest's own log lines are shown by `zkos guest run`, and "
        "are no part of a prover's input",
        "RPC_MAX_CONECTIONS in the environment is ignored: there is no such option; the nearest is RPC_MAX_CONNECTIONS",
    ]
    assert node.stop() == 0


def test_the_first_answer_is_of_the_first_block(tmp_path):
    """Whoever asks as soon as the port is open sees what the first block did."""
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        node = Node(folder)
        node.launch()
        try:
            balance = wait_until(lambda: first_answer(node, "eth_getBalance", RICH.address, "latest"))
            assert int(balance, 16) > 0
            assert node.head() >= 1
        finally:
            node.close()


def first_answer(node: Node, method: str, *params):
    try:
        return node.call(method, *params)
    except requests.ConnectionError:
        return None


def test_a_node_that_starts_says_so_before_its_databases_are_open(tmp_path):
    """Its start stands still where it reads an image, out of a pipe that nobody has written to."""
    image = tmp_path / "image"
    os.mkfifo(image)
    node = Node(tmp_path, PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS="127.0.0.1:0", PROVER_API_VERIFIER_IMAGE=str(image))
    node.launch()
    try:
        def answer(path: str) -> requests.Response | None:
            try:
                return requests.get(f"{node.metrics_url}{path}", timeout=10)
            except requests.ConnectionError:
                return None

        live = wait_until(lambda: answer("/status/live"))
        assert live.status_code == 200 and live.json() == {"status": "live"}
        ready = answer("/status/ready")
        assert ready.status_code == 503 and ready.json()["state"] == "starting" and ready.json()["reasons"]
        assert answer("/status/pipeline").json() == {"state": "starting", "stages": []}
        assert node.health()[0] == 503 and node.health()[1]["components"]["node"]["status"] == "not_ready"
        assert "process_start_time_seconds" in answer("/metrics").text
        with pytest.raises(requests.ConnectionError):
            node.head()
        image.write_bytes(b"none")
        assert node.process.wait(30) == 1
    finally:
        node.close()


def test_a_node_that_recovers_says_how_far_it_is(own_node):
    node = own_node(SEQUENCER_BLOCK_TIME="1ms")
    wallet = Wallet(node, RICH)
    for _ in range(150):
        wallet.send(to=RICH.address, value=1)
        time.sleep(0.002)
    wait_until(lambda: int(node.call("eth_getTransactionCount", RICH.address, "latest"), 16) == wallet.nonce)
    head = node.head()
    assert node.stop() == 0
    shutil.rmtree(node.directory / "db/state")
    shutil.rmtree(node.directory / "db/blocks")
    node.options["SEQUENCER_REPAIR"] = "true"
    node.launch()
    seen, asked, sockets = [], [], []

    def is_running() -> bool:
        try:
            seen.append(requests.get(f"{node.metrics_url}/status/pipeline", timeout=10).json())
            if not sockets:
                sockets.append(WebSocket(node))
            methods = ("eth_syncing", "eth_chainId", "web3_clientVersion")
            each = {method: node.request(method) for method in methods}
            each["probe"] = requests.get(node.url, timeout=10).status_code
            # Over the one connection, which stays.
            each["eth_blockNumber"] = sockets[0].request("eth_blockNumber")
            asked.append(each)
        except OSError:
            pass
        return bool(seen) and seen[-1]["state"] == "running"

    wait_until(is_running, 60)
    states = [each["state"] for each in seen]
    assert set(states) <= {"starting", "recovering", "running"} and states[0] != "running"
    # What it says while it recovers is how far it is, and nothing of it goes back.
    recovering = [each for each in seen if each["state"] == "recovering"]
    assert all(each["of"] == head and each["block"] <= head for each in recovering)
    assert [each["block"] for each in recovering] == sorted(each["block"] for each in recovering)
    assert node.head() == head
    # JSON-RPC says the same, from before the first block on, and then goes on without closing a connection.
    assert all(each["eth_chainId"]["result"] == hex(CHAIN_ID) for each in asked)
    assert all(each["web3_clientVersion"]["result"].startswith("zksync-os-sequencer/") for each in asked)
    early = [each for each in asked if "error" in each["eth_blockNumber"]]
    assert early, "the port was closed while the node recovered"
    for each in early:
        error = each["eth_blockNumber"]["error"]
        words = rf"the node is (starting|recovering: block \d+ of {head})"
        assert error["code"] == -32002 and re.fullmatch(words, error["message"]), error
    assert early[0]["probe"] == 503
    syncing = [each["eth_syncing"]["result"] for each in asked if each["eth_syncing"]["result"] is not False]
    assert syncing and all(set(each) == {"startingBlock", "currentBlock", "highestBlock"} for each in syncing)
    assert all(each["highestBlock"] in ("0x0", hex(head)) for each in syncing)
    assert sockets[0].request("eth_blockNumber")["result"] == hex(head)
    assert node.call("eth_syncing") is False and requests.get(node.url, timeout=10).status_code == 200
    metrics = node.metrics()
    assert metrics["recovery_block"] == metrics["recovery_target_block"] == head
