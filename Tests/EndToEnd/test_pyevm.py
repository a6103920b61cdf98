"""The blocks of the development L1 before a judge: py-evm comes to the same roots, receipts and header hashes."""

import pytest
import rlp
from eth_utils import ValidationError
from web3 import Web3

from l1_program import L1Program
from pyevm import ServedChain

# Stores its first word under 1 and logs it; reverts where it gets more than a word.
KEEPER = bytes.fromhex("5f356001555f355f52600760205fa13660201060175700" + "5b5f5ffd")
# Creates a contract that destroys itself when it is called, and calls it.
MAKER = bytes.fromhex("6133ff5f526002601e5ff05f5f5f5f5f945af100")


def init_code(runtime):
    return bytes([0x60, len(runtime), 0x80, 0x60, 9, 0x5F, 0x39, 0x5F, 0xF3]) + runtime


@pytest.mark.parametrize("hardfork", ["cancun", "prague"])
def test_py_evm_imports_what_the_chain_made(tmp_path, hardfork):
    chain = L1Program(tmp_path, "--hardfork", hardfork)
    try:
        served = ServedChain(chain.url)
        judge, first = served.judge()
        fill(chain, hardfork)
        blocks = [served.block(height) for height in range(first + 1, served.height() + 1)]
        assert len(blocks) > 10
        for height, block in enumerate(blocks[:-1], first + 1):
            judge.take(block)
            assert judge.head == bytes(chain.web3.eth.get_block(height).hash)
        # The judge is one: a block with another state is refused.
        header, *body = rlp.decode(blocks[-1])
        forged = [*header[:3], bytes(32), *header[4:]]
        with pytest.raises(ValidationError, match="state_root"):
            judge.take(rlp.encode([forged, *body]))
        judge.take(blocks[-1])
    finally:
        chain.stop()


def fill(chain, hardfork):
    """Transactions of all kinds, alone in their blocks and together, with time and reorganisations between them."""
    w, (alice, bob, carol, *_) = chain.web3, chain.accounts
    keeper = chain.send(alice, data=init_code(KEEPER), gas=500_000).contractAddress
    maker = chain.send(alice, data=init_code(MAKER), gas=500_000).contractAddress
    assert keeper and maker
    word = (5).to_bytes(32, "big")
    assert len(chain.send(bob, to=keeper, data=word).logs) == 1
    assert chain.send(bob, to=keeper, data=word * 2).status == 0
    assert chain.send(bob, to=maker, value=3).status == 1
    assert chain.send(bob, to=keeper, data=bytes(32)).status == 1
    # Calldata so long that Prague prices it by its floor.
    chain.send(bob, to=carol.address, data=bytes(range(256)) * 8, gas=200_000)
    # Precompiles, and one that refuses its input.
    for number in range(1, 18):
        chain.send(carol, to=Web3.to_checksum_address(number.to_bytes(20, "big")), data=word, gas=200_000)
    accesses = [{"address": keeper, "storageKeys": ["0x" + word.hex()]}]
    chain.send(bob, to=keeper, data=word, accessList=accesses)
    legacy = {
        "chainId": w.eth.chain_id, "nonce": w.eth.get_transaction_count(carol.address), "gas": 50_000,
        "gasPrice": 10**11, "to": alice.address, "value": 1}
    w.eth.wait_for_transaction_receipt(
        w.eth.send_raw_transaction(carol.sign_transaction(legacy).raw_transaction), timeout=60, poll_latency=0.01)
    if hardfork == "prague":
        # Carol lets the keeper's code run in her place; an authorization with another nonce has no effect.
        authorizations = [
            carol.sign_authorization({
                "chainId": w.eth.chain_id, "address": keeper, "nonce": w.eth.get_transaction_count(carol.address)}),
            alice.sign_authorization({"chainId": 0, "address": keeper, "nonce": 77})]
        receipt = chain.send(
            bob, to=carol.address, data=word, gas=300_000, authorizationList=authorizations)
        assert len(receipt.logs) == 1 and bytes(w.eth.get_code(carol.address))[:3] == b"\xef\x01\x00"
        chain.send(carol, to=bob.address, value=1)
    chain.call("evm_increaseTime", 3600)
    chain.call("evm_setAutomine", False)
    for account in (alice, bob, carol):
        nonce = w.eth.get_transaction_count(account.address)
        for index in range(3):
            w.eth.send_raw_transaction(account.sign_transaction({
                "chainId": w.eth.chain_id, "nonce": nonce + index, "gas": 100_000, "maxFeePerGas": 10**11,
                "maxPriorityFeePerGas": 10**9 * (index + 1), "to": keeper, "data": word, "value": 0}).raw_transaction)
    chain.call("evm_mine")
    assert len(w.eth.get_block("latest").transactions) == 9
    chain.call("anvil_mine", "0x3")
    chain.call("anvil_rollback", 2)
    chain.call("evm_setAutomine", True)
    chain.send(bob, to=alice.address, value=1)
