"""A disk without room refuses blocks of a development L1, loses none, and the chain goes on when there is room."""

import resource

from web3 import Web3

from l1_program import ZKOS, L1Program


def test_a_full_disk_refuses_blocks_and_loses_none(tmp_path):
    # As the kernel answers a write beyond the limit; the signal that comes with it no full disk sends.
    program = tmp_path / "serve"
    program.write_text(f"#!/bin/sh\ntrap '' XFSZ\nexec {ZKOS} l1 serve \"$@\"\n")
    program.chmod(0o755)
    folder = tmp_path / "chain"
    l1 = L1Program(tmp_path, "--data-dir", str(folder), program=program)
    sender, receiver = l1.accounts[:2]
    l1.send(sender, to=receiver.address, value=1)
    head = l1.web3.eth.block_number

    def limit(size):
        resource.prlimit(l1.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    limit((folder / "journal").stat().st_size + 10)
    transaction = {
        "chainId": l1.web3.eth.chain_id, "nonce": 1, "to": receiver.address, "value": 1, "gas": 21_000,
        "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 1}
    raw = sender.sign_transaction(transaction).raw_transaction
    answer = l1.web3.provider.make_request("eth_sendRawTransaction", [raw.to_0x_hex()])
    assert "File too large" in answer["error"]["message"], answer
    assert l1.web3.eth.block_number == head
    # Reads go on.
    assert l1.web3.eth.get_balance(receiver.address) == 10_000 * 10**18 + 1

    limit(resource.RLIM_INFINITY)
    # It waits in the pool, and the next block takes it.
    l1.call("evm_mine")
    assert l1.web3.eth.get_transaction_receipt(Web3.keccak(raw)).blockNumber == head + 1
    l1.process.kill()
    l1.process.wait()

    l1 = L1Program(tmp_path, "--data-dir", str(folder))
    assert l1.web3.eth.block_number == head + 1
    assert l1.web3.eth.get_balance(receiver.address) == 10_000 * 10**18 + 2
    assert l1.stop() == 0
