"""Transactions that take the time of blocks: for nothing, or for next to nothing."""

import time

import pytest
from web3 import Web3

from harness import LONG, Attack
from node import RICH, RpcError, Wallet, fund, wait_for_receipt

# Copies half a megabyte through the identity precompile until it is out of gas, or the virtual machine out of room.
RETURN_BOMB = bytes.fromhex("5b5f5f620800005f60045afa505f56")
# The same, but only where the block's number is odd: a trial run in another block finds nothing.
MOODY_BOMB = bytes.fromhex("4360011660085700" "5b5f5f620800005f60045afa50600856")
# Hashes calldata[32:] bytes as often as the first word says, and stores the hash.
HASHER = bytes.fromhex("6000355b600190036020355f205f55806100035700")
# Calls the precompile calldata[0] with calldata[32] bytes of nothing until it is out of gas.
CALLER = bytes.fromhex("5b5f5f6020355f5f355afa505f56")
# Reads as many slots as the first word says, from the second on downwards.
READER = bytes.fromhex("6000355b80602035015450600190038060035700")

ETHER = 10**18


def creation(code: bytes) -> bytes:
    return bytes([0x60, len(code), 0x80, 0x60, 0x09, 0x5F, 0x39, 0x5F, 0xF3]) + code


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32, "big") for number in numbers)


class Calls(Attack):
    """Calls of a contract from thirty accounts, each sending the next as soon as it may"""

    code = b""
    data = b""
    fields: dict = {"gas": 99_000_000}
    accounts = 30

    def start(self):
        rich = Wallet(self.node, RICH)
        receipt = wait_for_receipt(self.node, rich.send(data=creation(self.code), gas=1_000_000))
        assert receipt["status"] == "0x1", receipt
        self.target = Web3.to_checksum_address(receipt["contractAddress"])
        self.wallets = [Wallet(self.node) for _ in range(self.accounts)]
        fund(self.node, self.wallets, ETHER)
        self.step()

    def step(self):
        for index, wallet in enumerate(self.wallets):
            try:
                wallet.send(to=self.target, data=self.input(index), **self.fields)
            except RpcError:
                # Refused, or too many wait: the nonce may have been given up meanwhile.
                wallet.nonce = int(self.node.call("eth_getTransactionCount", wallet.address, "pending"), 16)
        time.sleep(0.2)

    def input(self, index: int) -> bytes:
        return self.data


class ReturnBombs(Calls):
    """30 accounts whose transactions of 99 M gas return more than the virtual machine holds, and pay nothing"""

    code = RETURN_BOMB


class MoodyBombs(Calls):
    """30 accounts whose transactions are harmless in a trial run and refused in every other block"""

    code = MOODY_BOMB


class HashLoops(Calls):
    """30 accounts whose transactions hash 32 KiB as often as 99 M gas allows"""

    code = HASHER
    data = words(1 << 40, 32_768)


class PaidHashLoops(Calls):
    """30 accounts whose transactions hash for a third of what one transaction may compute, and pay for it"""

    code = HASHER
    data = words(80, 32_768)
    fields = {"gas": 3_000_000}


class SmallHashLoops(Calls):
    """30 accounts that send a hundred transactions each of 250,000 gas of hashing"""

    code = HASHER
    data = words(30, 32_768)
    fields = {"gas": 250_000}

    def step(self):
        for _ in range(4):
            super().step()


class Recoveries(Calls):
    """30 accounts whose transactions call ecrecover as often as 99 M gas allows"""

    code = CALLER
    data = words(1, 128)


class Pairings(Calls):
    """30 accounts whose transactions check pairings as often as 99 M gas allows"""

    code = CALLER
    data = words(8, 192 * 4)


class ColdReads(Calls):
    """30 accounts whose transactions read 4,100 slots, which no batch has room for"""

    code = READER
    fields = {"gas": 20_000_000}

    def input(self, index: int) -> bytes:
        return words(4_100, index << 32)


def seen(node) -> dict[str, float]:
    """What the node counted of the attack."""
    metrics = node.metrics()
    return {name: metrics[name] for name in (
        'mempool_refused_total{reason="execution"}', 'sequencer_trials_total{outcome="fits"}',
        'sequencer_trials_total{outcome="refused"}', "sequencer_unpaid_microseconds_total")}


SHORT = [ReturnBombs, MoodyBombs, PaidHashLoops, ColdReads]


@pytest.mark.parametrize("attack", SHORT + ([HashLoops, SmallHashLoops, Recoveries, Pairings] if LONG else []))
def test_execution(under_attack, attack):
    def look(node):
        counted = seen(node)
        print(counted)
        # It was an attack: something had to be tried beside the block, or was refused.
        assert sum(counted.values()) > 0, counted

    under_attack(attack, meanwhile=look)
