"""zkos statetest as a person or a script meets it: lines, exit codes, traces."""

import json
import subprocess

import pytest
from eth.db.atomic import AtomicDB
from eth.rlp.headers import BlockHeader
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth_account import Account

from node import BINARY

SENDER_KEY = "0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8"
SENDER = "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"
CONTRACT = "0x0000000000000000000000000000000000001000"
# PUSH1 2, PUSH1 40, ADD, PUSH0, SSTORE, STOP
CODE = "0x60026028015f5500"
NO_LOGS = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"


def statetest(*arguments):
    return subprocess.run(
        [BINARY.parent / "zkos", "statetest", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def write(path, state_root, exception=None):
    case = {"hash": state_root, "logs": NO_LOGS, "indexes": {"data": 0, "gas": 0, "value": 0}}
    if exception:
        case["expectException"] = exception
    path.write_text(json.dumps({"counter": {
        "env": {
            "currentCoinbase": "0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba", "currentDifficulty": "0x020000",
            "currentGasLimit": "0x05f5e100", "currentNumber": "0x01", "currentTimestamp": "0x03e8",
            "currentBaseFee": "0x0a", "currentRandom": "0x20000", "currentExcessBlobGas": "0x00"},
        "pre": {
            SENDER: {"balance": "0x3635c9adc5dea00000", "code": "0x", "nonce": "0x00", "storage": {}},
            CONTRACT: {"balance": "0x00", "code": CODE, "nonce": "0x00", "storage": {}}},
        "transaction": {
            "data": ["0x"], "gasLimit": ["0x061a80"], "gasPrice": "0x0a", "nonce": "0x00", "secretKey": SENDER_KEY,
            "sender": SENDER, "to": CONTRACT, "value": ["0x00"]},
        "post": {"Cancun": [case]}}}))
    return path


@pytest.fixture
def passing(tmp_path):
    """A test whose state root is what the command itself found. Whether that is right, ethereum/tests decide."""
    run = statetest("--json", write(tmp_path / "unknown.json", "0x" + "00" * 32))
    return write(tmp_path / "counter.json", json.loads(run.stdout.splitlines()[0])["stateRoot"])


def test_a_set_code_transaction(tmp_path):
    """Prague: an account lets the contract's code run in its place. What must come of it is said with py-evm's trie."""
    authority = Account.from_key("0x" + "11" * 32)
    signed = authority.sign_authorization({"chainId": 1, "address": CONTRACT, "nonce": 0})
    path = write(tmp_path / "set-code.json", "0x" + "00" * 32)
    test = json.loads(path.read_text())
    transaction = test["counter"]["transaction"]
    del transaction["gasPrice"]
    transaction |= {
        "to": authority.address, "maxFeePerGas": "0x0a", "maxPriorityFeePerGas": "0x00", "authorizationList": [{
            "chainId": "0x01", "address": CONTRACT, "nonce": "0x00", "v": hex(signed.y_parity), "r": hex(signed.r),
            "s": hex(signed.s)}]}
    gas = 21_000 + 25_000 + 3 + 3 + 3 + 2 + 22_100
    root = state_root({
        SENDER: (1, int(test["counter"]["pre"][SENDER]["balance"], 16) - 10 * gas, "0x", {}),
        CONTRACT: (0, 0, CODE, {}),
        authority.address: (1, 0, "0xef0100" + CONTRACT[2:], {0: 42})})
    test["counter"]["post"] = {"Prague": [
        {"hash": root, "logs": NO_LOGS, "indexes": {"data": 0, "gas": 0, "value": 0}}]}
    path.write_text(json.dumps(test))
    assert statetest(path).stdout == "1 passed, 0 failed, 0 skipped\n"


def state_root(accounts):
    state = PragueVM.build_state(
        AtomicDB(), BlockHeader(difficulty=0, block_number=-1, gas_limit=0), ChainContext(1))
    for address, (nonce, balance, code, slots) in accounts.items():
        address = bytes.fromhex(address[2:])
        state.set_nonce(address, nonce)
        state.set_balance(address, balance)
        state.set_code(address, bytes.fromhex(code[2:]))
        for slot, value in slots.items():
            state.set_storage(address, slot, value)
    state.persist()
    return "0x" + state.state_root.hex()


def test_a_difference_is_one_line_and_a_failure(tmp_path):
    run = statetest(write(tmp_path / "wrong.json", "0x" + "00" * 32))
    assert run.returncode == 1
    failure, summary = run.stdout.splitlines()
    assert "counter Cancun 0/0/0: state root" in failure and "wrong.json" in failure
    assert summary == "0 passed, 1 failed, 0 skipped"


def test_an_expected_exception_must_come(tmp_path, passing):
    root = json.loads(statetest("--json", passing).stdout.splitlines()[0])["stateRoot"]
    run = statetest(write(tmp_path / "refused.json", root, "TransactionException.INTRINSIC_GAS_TOO_LOW"))
    assert run.returncode == 1 and "expected the exception" in run.stdout


def test_a_pass_is_counted(passing):
    run = statetest(passing)
    assert (run.returncode, run.stdout) == (0, "1 passed, 0 failed, 0 skipped\n")


def test_folders_and_jobs(passing):
    run = statetest("--jobs", 3, passing.parent)
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_forks(passing):
    assert statetest("--fork", "Cancun", passing).stdout == "1 passed, 0 failed, 0 skipped\n"
    assert statetest("--fork", "London", passing).stdout == "0 passed, 0 failed, 0 skipped\n"
    assert statetest("--fork", "Londn", passing).returncode != 0


def test_what_is_no_test_fails(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    run = statetest(tmp_path / "broken.json")
    assert run.returncode == 1 and run.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_trace(passing):
    *lines, summary = statetest("--trace", passing).stdout.splitlines()
    assert summary == "1 passed, 0 failed, 0 skipped"
    *steps, end = map(json.loads, lines)
    assert [step["opName"] for step in steps] == ["PUSH1", "PUSH1", "ADD", "PUSH0", "SSTORE", "STOP"]
    assert [step["pc"] for step in steps] == [0, 2, 4, 5, 6, 7]
    # 400,000 less the 21,000 of the transaction.
    assert steps[0] == {
        "pc": 0, "op": 0x60, "gas": hex(379_000), "gasCost": "0x3", "memSize": 0, "stack": [], "depth": 1, "refund": 0,
        "opName": "PUSH1"}
    assert steps[4]["stack"] == ["0x2a", "0x0"] and steps[4]["gasCost"] == hex(22_100)
    assert end["pass"] is True and end["fork"] == "Cancun" and end["output"] == "0x"
    assert end["gasUsed"] == hex(21_000 + 3 + 3 + 3 + 2 + 22_100)
