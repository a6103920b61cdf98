"""titanoboa, a client that we did not write, works on a development L1 as on any test chain."""

import boa
from boa.network import EthereumRPC, NetworkEnv
from eth_account import Account

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

# The first of the accounts that every development chain has.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def test_a_contract_lives_on_the_chain_and_an_anchor_takes_back_what_was_done(l1):
    env = NetworkEnv(EthereumRPC(l1.url))
    env.add_account(Account.from_key(KEY), force_eoa=True)
    with boa.swap_env(env):
        counter = boa.loads(COUNTER)
        counter.increase(5)
        assert counter.count() == 5
        before = l1.web3.eth.block_number
        with env.anchor():
            counter.increase(7)
            assert counter.count() == 12
            assert [log.value for log in counter.get_logs()] == [12]
        assert counter.count() == 5
        assert l1.web3.eth.block_number == before
        with boa.reverts("too much"):
            counter.increase(100)
        counter.increase(1)
        assert counter.count() == 6
