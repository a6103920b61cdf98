"""The development L1 as a program of its own: started as anvil is, dumped and loaded, killed and started again."""

import gzip
import json
import signal
import socket
import subprocess

import pytest

from l1_program import L1Program, ZKOS
from node import wait_until

FRIEND = "0x00000000000000000000000000000000000000fd"


@pytest.fixture
def serve(tmp_path):
    """Starts L1s that belong to one test."""
    started = []

    def start(*arguments, **options):
        started.append(L1Program(tmp_path, *arguments, **options))
        return started[-1]

    yield start
    for each in started:
        each.stop(signal.SIGKILL)


def complaint(*arguments, command=None) -> str:
    """Starts an L1 that must end by itself; the one line that says why."""
    ended = subprocess.run(
        [*(command or [str(ZKOS), "l1", "serve"]), *arguments], capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0, ended
    # The parser of arguments adds how to get help.
    lines = [line for line in ended.stderr.splitlines() if not line.startswith(("Usage:", "  See "))]
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_a_test_suite_finds_what_it_looks_for(serve):
    l1 = serve("--chain-id", "9", "--slots-in-an-epoch", "10")
    assert l1.address.startswith("127.0.0.1:")
    assert len(l1.keys) == 10
    assert l1.accounts[0].address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert l1.web3.eth.chain_id == 9
    assert l1.web3.eth.get_balance(l1.accounts[9].address) == 10_000 * 10**18
    receipt = l1.send(l1.accounts[0], to=FRIEND, value=7, gas=21_000)
    assert receipt.status == 1
    assert l1.web3.eth.get_balance(FRIEND) == 7
    # The contracts of ZKsync are there, at the address that a node asks for by itself.
    assert len(l1.web3.eth.get_code("0x4B37536B9824C4A4cF3D15362135E346ADB7cB9C")) > 100
    assert l1.stop() == 0
    assert [line for line in l1.later if "1 transaction, 21,000 gas" in line]


def test_by_the_name_of_anvil_it_begins_as_anvil_does(serve, tmp_path):
    link = tmp_path / "anvil"
    link.symlink_to(ZKOS)
    l1 = serve("-a", "3", "--balance", "5", "-m", "abandon " * 11 + "about", program=link)
    assert l1.web3.eth.chain_id == 31_337
    assert l1.web3.eth.block_number == 0
    assert len(l1.accounts) == 3
    assert l1.accounts[0].address == "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
    assert l1.web3.eth.get_balance(l1.accounts[2].address) == 5 * 10**18
    # The deployer of CREATE2, which anvil has too.
    assert len(l1.web3.eth.get_code("0x4e59b44847b379578588920cA78FbF26c0B4956C")) > 0
    assert l1.stop(signal.SIGINT) == 0


def test_it_is_reached_by_both_names_of_this_machine(serve):
    l1 = serve("--no-contracts")
    port = int(l1.address.rsplit(":", 1)[1])
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no ::1")
    with socket.create_connection(("::1", port), timeout=10):
        pass


def test_mining_modes(serve):
    manual = serve("--no-mining", "--no-contracts")
    account = manual.accounts[0]
    raw = account.sign_transaction({
        "chainId": 31_337, "nonce": 0, "gas": 21_000, "gasPrice": 10**11, "to": FRIEND, "value": 1}).raw_transaction
    manual.web3.eth.send_raw_transaction(raw)
    assert manual.web3.eth.block_number == 0
    manual.call("evm_mine")
    assert manual.web3.eth.get_balance(FRIEND) == 1

    mixed = serve("-b", "0.05", "--mixed-mining", "--no-contracts")
    wait_until(lambda: mixed.web3.eth.block_number >= 3)


def test_a_dump_goes_on_in_a_fresh_process(serve, tmp_path):
    dump = tmp_path / "state.json"
    first = serve("--state", str(dump), "--no-contracts")
    # PUSH1 42 PUSH0 SSTORE, and a byte of code.
    created = first.send(first.accounts[0], data="0x602a5f5560016001f3")
    first.send(first.accounts[1], to=FRIEND, value=10**18)
    head = first.web3.eth.get_block("latest")
    assert first.stop() == 0
    assert json.loads(dump.read_text())["best_block_number"] == 2

    second = serve("--state", str(dump))
    w = second.web3
    assert w.eth.chain_id == 31_337
    assert w.eth.get_block("latest").hash == head.hash
    assert w.eth.get_balance(FRIEND) == 10**18
    assert int.from_bytes(w.eth.get_storage_at(created.contractAddress, 0)) == 42
    assert w.eth.get_transaction_receipt(created.transactionHash).contractAddress == created.contractAddress
    second.send(second.accounts[0], to=FRIEND, value=1, gas=21_000)
    assert w.eth.block_number == 3
    raw = second.call("anvil_dumpState")
    assert second.stop() == 0

    # Every form in which a dump can come.
    packed = bytes.fromhex(raw[2:])
    for name, content in (
        ("hex", raw.encode()), ("gz", packed), ("json", gzip.decompress(packed)), ("quoted", f'"{raw}"\n'.encode())
    ):
        path = tmp_path / name
        path.write_bytes(content)
        again = serve("--load-state", str(path))
        assert again.web3.eth.get_balance(FRIEND) == 10**18 + 1
        assert again.web3.eth.block_number == 3
        assert again.stop() == 0


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_chain_in_a_folder_goes_on_after_any_end(serve, tmp_path, ending):
    folder = str(tmp_path / "chain")
    first = serve("--data-dir", folder)
    for value in range(1, 6):
        first.send(first.accounts[0], to=FRIEND, value=value)
    head = first.web3.eth.get_block("latest")
    instance = first.call("anvil_metadata")["instanceId"]
    first.stop(ending)

    second = serve("--data-dir", folder)
    assert second.call("anvil_metadata")["instanceId"] == instance
    assert second.web3.eth.get_block("latest").hash == head.hash
    assert second.web3.eth.get_balance(FRIEND) == 15
    second.send(second.accounts[0], to=FRIEND, value=1)
    assert second.web3.eth.block_number == head.number + 1


def test_an_unknown_field_is_told_and_does_no_harm(serve, tmp_path):
    path = tmp_path / "state.json"
    first = serve("--dump-state", str(path), "--no-contracts")
    first.send(first.accounts[0], to=FRIEND, value=3)
    first.stop()
    dump = json.loads(path.read_text())
    dump["flavour"] = {"of": ["the", "month"]}
    path.write_text(json.dumps(dump))
    second = serve("--load-state", str(path))
    assert second.web3.eth.get_balance(FRIEND) == 3
    second.stop()
    told = [line for line in second.lines if "WARNING" in line]
    assert len(told) == 1 and "flavour" in told[0], second.lines


def test_what_cannot_be_used_gets_one_clear_line(serve, tmp_path):
    port = serve("--no-contracts").address.rsplit(":", 1)[1]
    assert complaint("--port", port) == (
        f"zkos l1 serve: the development L1 cannot listen on 127.0.0.1:{port}: address already in use")

    dump = tmp_path / "dump"
    assert "No such file or directory" in complaint("--load-state", str(dump))
    for content, said in (
        (b"", "the state dump is empty"),
        (b"nonsense", "the state dump is neither JSON nor gzip nor hexadecimal text of these"),
        (b'{"accounts":{', "the state dump is cut off, in accounts"),
        (b'{"accounts":{},}', "the state dump is no JSON"),
        (b'{"block":null,"accounts":{},"best_block_number":true}', "wrong at best_block_number: expected a number"),
        (b'{"accounts":{"0x01":{}}}', "wrong at accounts[0x01]: expected an address"),
        (gzip.compress(b'{"accounts":{}}')[:-4], "the gzip stream is cut off"),
        (b"0x" + gzip.compress(b'{"accounts":{}}').hex().encode()[:-1], "no hexadecimal text from byte"),
    ):
        dump.write_bytes(content)
        assert said in complaint("--load-state", str(dump))
        # A folder that was to begin with it is not spoilt.
        assert said in complaint("--load-state", str(dump), "--data-dir", str(tmp_path / "chain"))
    serve("--data-dir", str(tmp_path / "chain"), "--no-contracts")

    assert "--no-mining" in complaint("--no-mining", "-b", "1")
    assert "--mixed-mining needs --block-time" in complaint("--mixed-mining")
    assert "--hardfork london is not supported" in complaint("--hardfork", "london")
    assert "--derivation-path" in complaint("--derivation-path", "x")
    assert "Unknown option '--forc-url'" in complaint("--forc-url", "x")


def test_silence(tmp_path):
    process = subprocess.Popen(
        [str(ZKOS), "l1", "serve", "-q", "--port", "0", "--no-contracts", "--dump-state", "dump.json"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        # Nothing says when it runs, but what it does at its end.
        wait_until(lambda: _catches(process.pid))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (0, b"", b"")
    assert json.loads((tmp_path / "dump.json").read_text())["best_block_number"] == 0


def _catches(pid: int) -> bool:
    """Whether a process has said what to do at SIGTERM."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False
