"""titanoboa, a client that we did not write, works on a development L1 as on any test chain."""

import warnings

import boa
from boa.network import EthereumRPC, NetworkEnv
from eth_account import Account

from l1_program import L1Program
from node import RICH

COUNTER = """
# pragma version 0.4.3

event Counted:
    value: uint256

count: public(uint256)

@external
def increase(by: uint256):
    assert by < 100, "too much"
    self.count += by
    log Counted(value=self.count)
"""


def test_a_contract_lives_on_the_chain_and_an_anchor_takes_back_what_was_done(tmp_path):
    l1 = L1Program(tmp_path)
    env = NetworkEnv(EthereumRPC(l1.url))
    env.add_account(Account.from_key(l1.keys[0]), force_eoa=True)
    with boa.swap_env(env):
        counter = boa.loads(COUNTER)
        counter.increase(5)
        assert [log.value for log in counter.get_logs()] == [5]
        assert counter.count() == 5
        with boa.reverts("too much"):
            counter.increase(100)
        before = l1.web3.eth.block_number
        with env.anchor():
            counter.increase(7)
            assert counter.count() == 12
        assert counter.count() == 5
        assert l1.web3.eth.block_number == before
    assert l1.stop() == 0


def test_contracts_events_and_reverts_on_l2(own_node):
    node = own_node(DEVELOPMENT_METHODS_ENABLED="true")
    env = NetworkEnv(EthereumRPC(node.url))
    # It asks whether there are traces by one of a transaction that is not there, and takes geth's answer, which is ours, for no.
    env._tracer = {"tracer": "callTracer", "onlyTopCall": True}
    env.add_account(RICH, force_eoa=True)
    with boa.swap_env(env), warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        counter = boa.loads(COUNTER)
        counter.increase(5)
        assert [log.value for log in counter.get_logs()] == [5]
        assert counter.count() == 5
        with boa.reverts("too much"):
            counter.increase(100)
        # What it computed itself is what the node's trace says, or it would have said so.
        assert env.get_balance(RICH.address) > 0
        with env.anchor():
            counter.increase(7)
            assert counter.count() == 12
        assert counter.count() == 5
