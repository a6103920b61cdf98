"""zksync2 from PyPI, as it is: what its users do, from L1 to L2 and back, to the wei."""

import pytest
from eth_account import Account
from eth_utils import to_checksum_address
from web3 import Web3
from web3.exceptions import ContractCustomError

from l1_contracts import FINALIZE, selector, withdrawal_message
from node import CHAIN_ID
from rollup_in_process import log_proof, start, withdrawal_helper

from zksync2.account.wallet import Wallet
from zksync2.core.types import DepositTransaction, TransactionOptions, TransferTransaction, WithdrawTransaction
from zksync2.core.utils import ETH_ADDRESS_IN_CONTRACTS, LEGACY_ETH_ADDRESS
from zksync2.module.module_builder import ZkSyncBuilder

# The second account that development chains have.
KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
ETHER = 10**18


@pytest.fixture
def wallets(own_node):
    """The node, the L1, and a wallet of zksync2 with ether on L1 only."""
    node, l1 = start(own_node)
    l2 = ZkSyncBuilder.build(node.url)
    web3 = Web3(Web3.HTTPProvider(l1.web3.provider.endpoint_uri))
    return node, l1, Wallet(l2, web3, Account.from_key(KEY))


def cost(receipt) -> int:
    return receipt["gasUsed"] * receipt["effectiveGasPrice"]


def deposit(wallet, amount: int):
    """Deposits, and waits for it on L2; the receipt on L1, and the hash on L2."""
    hash = wallet.deposit(DepositTransaction(token=ETH_ADDRESS_IN_CONTRACTS, amount=amount))
    receipt = wallet._eth_web3.eth.wait_for_transaction_receipt(hash, timeout=60, poll_latency=0.05)
    assert receipt["status"] == 1
    zksync = wallet._zksync_web3.zksync
    l2_hash = zksync.get_l2_hash_from_priority_op(receipt, wallet.contract)
    done = zksync.wait_for_transaction_receipt(l2_hash, timeout=60, poll_latency=0.05)
    assert done["status"] == 1
    # Waiting is what this does too.
    assert zksync.get_l2_transaction_from_priority_op(receipt, wallet.contract)["hash"] == done["transactionHash"]
    return receipt, done


def test_deposit_transfer_withdrawal_and_its_end(wallets):
    node, l1, wallet = wallets
    zksync, address = wallet._zksync_web3.zksync, wallet.address
    assert wallet.get_balance() == 0
    before = wallet._eth_web3.eth.get_balance(address)
    vault = wallet._eth_web3.eth.get_balance(l1.vault)
    receipt, done = deposit(wallet, ETHER)
    mint = wallet._eth_web3.eth.get_balance(l1.vault) - vault
    assert wallet._eth_web3.eth.get_balance(address) == before - mint - cost(receipt)
    # What the request did not use comes back to whoever asked for it, who is the receiver.
    have = mint - cost(done)
    assert wallet.get_balance() == have >= ETHER

    receiver = Account.create().address
    hash = wallet.transfer(TransferTransaction(
        to=receiver, token_address=LEGACY_ETH_ADDRESS, amount=12_345, options=TransactionOptions(chain_id=CHAIN_ID)))
    done = zksync.wait_for_transaction_receipt(hash, timeout=30, poll_latency=0.05)
    assert done["status"] == 1 and done["type"] == 0x71
    have -= 12_345 + cost(done)
    assert wallet.get_balance() == have and zksync.get_balance(receiver) == 12_345
    transaction = zksync.get_transaction(hash)
    assert transaction["from"] == address and transaction["type"] == 0x71

    helper = to_checksum_address(withdrawal_helper(node))
    home, sent = Account.create().address, 10**17
    contract = wallet._zksync_web3.eth.contract(address=helper, abi=[
        {"type": "function", "name": "withdraw", "stateMutability": "payable", "outputs": [],
         "inputs": [{"name": "_l1Receiver", "type": "address"}]}])
    call = contract.functions.withdraw(home).build_transaction({
        "from": address, "value": sent, "nonce": zksync.get_transaction_count(address), "chainId": CHAIN_ID,
        "gas": 200_000, "maxFeePerGas": 2 * zksync.gas_price, "maxPriorityFeePerGas": 0})
    hash = zksync.send_raw_transaction(wallet.sign_transaction(call).raw_transaction)
    done = zksync.wait_for_transaction_receipt(hash, timeout=30, poll_latency=0.05)
    assert done["status"] == 1
    have -= sent + cost(done)
    assert wallet.get_balance() == have

    log_proof(node, Web3.to_hex(hash))
    assert wallet.is_withdrawal_finalized(hash) is False
    vault = wallet._eth_web3.eth.get_balance(l1.vault)
    hash_of_claim = wallet.finalize_withdrawal(hash)
    claim = wallet._eth_web3.eth.wait_for_transaction_receipt(hash_of_claim, timeout=60, poll_latency=0.05)
    assert claim["status"] == 1
    assert wallet._eth_web3.eth.get_balance(home) == sent
    assert wallet._eth_web3.eth.get_balance(l1.vault) == vault - sent
    assert wallet.is_withdrawal_finalized(hash) is True
    with pytest.raises(ContractCustomError, match=selector("WithdrawalAlreadyFinalized()").hex()):
        wallet.finalize_withdrawal(hash)


def test_its_own_withdrawal_is_claimed_by_the_account(wallets):
    """What zksync2 calls a withdrawal goes to the base token, which under these guests emits nothing: it is claimed by the
    account itself, at the nullifier."""
    node, l1, wallet = wallets
    deposit(wallet, ETHER)
    have, home = wallet.get_balance(), Account.create().address
    hash = wallet.withdraw(WithdrawTransaction(token=LEGACY_ETH_ADDRESS, amount=777, to=home))
    done = wallet._zksync_web3.zksync.wait_for_transaction_receipt(hash, timeout=30, poll_latency=0.05)
    assert done["status"] == 1 and wallet.get_balance() == have - 777 - cost(done)
    proof = log_proof(node, Web3.to_hex(hash))
    receipt = node.call("eth_getTransactionReceipt", Web3.to_hex(hash))
    l1.send(
        l1.nullifier,
        l1.encode(
            f"finalizeDeposit({FINALIZE})",
            (CHAIN_ID, proof["batchNumber"], proof["id"], wallet.address, int(receipt["l1BatchTxIndex"], 16),
             withdrawal_message(home, 777), [bytes.fromhex(word[2:]) for word in proof["proof"]])),
        account=Account.from_key(KEY))
    assert wallet._eth_web3.eth.get_balance(home) == 777
