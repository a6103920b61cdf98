"""Our contracts on a development L1, as it begins and deployed by `zkos l1 deploy`, driven by web3.py."""

import re
import subprocess

import pytest

import l1_contracts
from l1_contracts import L1
from l1_program import ZKOS, L1Program

# The first account of the phrase that every development chain has.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
BRIDGEHUB = "0x4b37536b9824c4a4cf3d15362135e346adb7cb9c"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    program = L1Program(tmp_path_factory.mktemp("l1"), "--contracts")
    yield program.url
    program.stop()


def deploy(url: str, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [ZKOS, "l1", "deploy", "--rpc", url, *options], capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module", params=["from the beginning", "deployed"])
def l1(request, url):
    bridgehub, chain_id = BRIDGEHUB, 270
    if request.param == "deployed":
        chain_id = 271
        output = deploy(url, "--l2-chain-id", str(chain_id)).stdout
        bridgehub = re.search("l1_sender_bridgehub_address=(0x[0-9a-f]{40})", output).group(1)
    return L1(url, bridgehub, chain_id, KEY)


def test_getters(l1):
    l1_contracts.check_getters(l1)
    # The deposit that the reference begins with.
    assert l1.number("getTotalPriorityTxs") >= 1


def test_price(l1):
    l1_contracts.check_price(l1)


def test_deposit(l1):
    l1_contracts.check_deposit(l1)


def test_errors(l1):
    l1_contracts.check_errors(l1)


def test_token_deposit(l1, artifact):
    l1_contracts.check_token_deposit(l1, artifact("Token"))


def test_withdrawal(l1):
    l1_contracts.check_withdrawal(l1)


def test_deployment_without_a_forced_deposit(url):
    output = deploy(url, "--no-forced-deposit", "--l2-chain-id", "272").stdout
    assert "l1_forced_deposit=false" in output
    bridgehub = re.search("l1_sender_bridgehub_address=(0x[0-9a-f]{40})", output).group(1)
    other = L1(url, bridgehub, 272, KEY)
    assert other.number("getTotalPriorityTxs") == 0
    l1_contracts.check_deposit(other)


@pytest.mark.parametrize(
    "options, message",
    [
        (["--rpc", "http://127.0.0.1:1"], "nobody answers at http://127.0.0.1:1"),
        (["--rpc", "ftp://somewhere"], "ftp://somewhere is no address of a node"),
        (["--private-key", "0x1234"], "--private-key is no key"),
        (["--validator", "nobody"], "--validator is no address"),
        (["--private-key", "0x" + "77" * 32], "the node refuses: "),
    ])
def test_a_bad_deployment_says_why(url, options, message):
    answer = deploy(url, *options)
    assert answer.returncode != 0 and message in answer.stderr
