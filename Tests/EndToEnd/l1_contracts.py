"""Drives the contracts of a chain on an L1 by web3.py: ours, or those of the reference on the same terms.

Everything is found from the address of the bridgehub, as clients do. The interface below is that of the reference's
contracts; only functions that both have are in it.
"""

from eth_abi import decode, encode
from eth_account import Account
from eth_utils import keccak, to_canonical_address, to_checksum_address
from web3 import Web3

ETH = "0x0000000000000000000000000000000000000001"
MESSENGER = "0x0000000000000000000000000000000000008008"
BASE_TOKEN = "0x000000000000000000000000000000000000800A"
L2_ASSET_ROUTER = "0x0000000000000000000000000000000000010003"
L2_TOKEN_VAULT = "0x0000000000000000000000000000000000010004"
GAS_PER_PUBDATA = 800
ALIAS_OFFSET = 0x1111000000000000000000000000000000001111
# txType, from, to, gas limit, gas per pubdata, max fee, priority fee, paymaster, nonce, value, reserved, data, signature,
# dependencies, paymaster input, reserved.
TRANSACTION = "(" + "uint256," * 10 + "uint256[4],bytes,bytes,uint256[],bytes,bytes)"
REQUEST_EVENT = keccak(text=f"NewPriorityRequest(uint256,bytes32,uint64,{TRANSACTION},bytes[])")
DIRECT = "(uint256,uint256,address,uint256,bytes,uint256,uint256,bytes[],address)"
TWO_BRIDGES = "(uint256,uint256,uint256,uint256,uint256,address,address,uint256,bytes)"
FINALIZE = "(uint256,uint256,uint256,address,uint16,bytes,bytes32[])"


def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def hex_of(data: bytes) -> str:
    return "0x" + data.hex()


class Refused(Exception):
    """A call that reverts, with its output."""

    def __init__(self, output: bytes, message: str):
        super().__init__(f"{message}: 0x{output.hex()}")
        self.output = output


class L1:
    """An L1 with the contracts of a chain, and an account that pays."""

    def __init__(self, url: str, bridgehub: str, chain_id: int, key: str):
        self.web3 = Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": 60}))
        self.account = Account.from_key(key)
        self.bridgehub = to_checksum_address(bridgehub)
        self.chain_id = chain_id
        self.chain = self.read(self.bridgehub, "getZKChain(uint256)", "address", chain_id)
        self.router = self.read(self.bridgehub, "assetRouter()", "address")
        self.vault = self.read(self.router, "nativeTokenVault()", "address")
        self.nullifier = self.read(self.router, "L1_NULLIFIER()", "address")

    # Calls

    def rpc(self, method: str, *parameters):
        answer = self.web3.provider.make_request(method, list(parameters))
        if answer.get("error"):
            data = answer["error"].get("data")
            raise Refused(bytes.fromhex(data[2:]) if isinstance(data, str) else b"", answer["error"]["message"])
        return answer["result"]

    def call(self, to: str, data: bytes, value: int = 0, sender: str | None = None, gas_price: int = 0) -> bytes:
        request = {"from": sender or self.account.address, "to": to, "data": hex_of(data), "value": hex(value)}
        if gas_price:
            request["gasPrice"] = hex(gas_price)
        return bytes.fromhex(self.rpc("eth_call", request, "latest")[2:])

    @staticmethod
    def encode(signature: str, *arguments) -> bytes:
        name, types = signature.split("(", 1)
        return selector(signature) + encode(split(types[:-1]), arguments)

    def read(self, to: str, signature: str, returns: str, *arguments):
        value = decode([returns], self.call(to, self.encode(signature, *arguments)))[0]
        return to_checksum_address(value) if returns == "address" else value

    def send(self, to: str | None, data: bytes, value: int = 0, account=None) -> dict:
        account = account or self.account
        fee = self.gas_price()
        transaction = {
            "chainId": self.web3.eth.chain_id,
            "nonce": self.web3.eth.get_transaction_count(account.address, "pending"),
            "maxFeePerGas": fee,
            "maxPriorityFeePerGas": 0,
            "value": value,
            "data": hex_of(data),
        }
        if to:
            transaction["to"] = to
        transaction["gas"] = self.web3.eth.estimate_gas(transaction | {"from": account.address}) * 6 // 5
        signed = account.sign_transaction(transaction)
        hash = self.web3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = self.web3.eth.wait_for_transaction_receipt(hash, timeout=60, poll_latency=0.05)
        assert receipt["status"] == 1, receipt
        return receipt

    def gas_price(self) -> int:
        return 2 * self.web3.eth.get_block("latest")["baseFeePerGas"] + 1

    # What the chain says

    def number(self, getter: str) -> int:
        return self.read(self.chain, f"{getter}()", "uint256")

    def base_cost(self, gas_price: int, gas_limit: int) -> int:
        return self.read(
            self.bridgehub, "l2TransactionBaseCost(uint256,uint256,uint256,uint256)", "uint256", self.chain_id, gas_price,
            gas_limit, GAS_PER_PUBDATA)

    def requests(self, receipt: dict) -> list[tuple]:
        """Each request of a transaction: id, hash, and the transaction of L2."""
        found = []
        for log in receipt["logs"]:
            if log["address"] == self.chain and bytes(log["topics"][0]) == REQUEST_EVENT:
                number, hash, _, transaction, _ = decode(
                    ["uint256", "bytes32", "uint64", TRANSACTION, "bytes[]"], bytes(log["data"]))
                found.append((number, hash, transaction))
        return found

    def direct(
        self, mint: int, to: str, value: int = 0, data: bytes = b"", gas: int = 500_000, per_pubdata: int = GAS_PER_PUBDATA,
        dependencies: list[bytes] = [], refund: str = "0x" + "0" * 40, chain_id: int | None = None,
    ) -> bytes:
        return self.encode(
            f"requestL2TransactionDirect({DIRECT})",
            (chain_id or self.chain_id, mint, to, value, data, gas, per_pubdata, dependencies, refund))


def split(types: str) -> list[str]:
    """The types of an argument list; commas within tuples belong to them."""
    parts, depth = [""], 0
    for character in types:
        if character == "," and depth == 0:
            parts.append("")
        else:
            depth += (character == "(") - (character == ")")
            parts[-1] += character
    return [part for part in parts if part]


def canonical_hash(transaction: tuple) -> bytes:
    """The hash of a request on L2."""
    return keccak(encode([TRANSACTION], [transaction]))


def price(gas_price: int, gas_per_pubdata: int = GAS_PER_PUBDATA) -> int:
    """Wei for a unit of L2 gas, with the fee parameters of a rollup."""
    overhead = 1_000_000 * gas_price
    pubdata = 17 * gas_price + overhead // 120_000
    return max(250_000_000 + overhead // 80_000_000, (pubdata + gas_per_pubdata - 1) // gas_per_pubdata)


def version(l1: L1) -> int:
    """The minor number of the protocol, which says what the contracts understand."""
    return l1.number("getProtocolVersion") >> 32


def timelock_of(l1: L1, manager: str) -> str:
    """Whom the chain lets commit; from version 29 on the reference keeps it in another place."""
    getter = "validatorTimelock()" if version(l1) < 29 else "validatorTimelockPostV29()"
    return l1.read(manager, getter, "address")


# What is checked


def check_getters(l1: L1) -> None:
    zero = l1.read(l1.chain, "storedBatchHash(uint256)", "bytes32", 0)
    manager = l1.read(l1.bridgehub, "chainTypeManager(uint256)", "address", l1.chain_id)
    asset = keccak(encode(["uint256", "address", "address"], [l1.web3.eth.chain_id, L2_TOKEN_VAULT, ETH]))
    assert zero != bytes(32) and l1.read(manager, "storedBatchZero()", "bytes32") == zero
    assert l1.read(manager, "getHyperchain(uint256)", "address", l1.chain_id) == l1.chain
    timelock = timelock_of(l1, manager)
    assert l1.read(l1.chain, "isValidator(address)", "bool", timelock)
    assert l1.read(l1.bridgehub, "sharedBridge()", "address") == l1.router
    assert l1.read(l1.bridgehub, "baseToken(uint256)", "address", l1.chain_id) == ETH
    assert l1.read(l1.bridgehub, "baseTokenAssetId(uint256)", "bytes32", l1.chain_id) == asset
    assert l1.read(l1.chain, "getBaseTokenAssetId()", "bytes32") == asset
    assert l1.read(l1.chain, "getBridgehub()", "address") == l1.bridgehub
    assert l1.read(l1.chain, "getChainTypeManager()", "address") == manager
    assert l1.read(l1.chain, "getChainId()", "uint256") == l1.chain_id
    assert l1.read(l1.chain, "getSettlementLayer()", "address") == "0x" + "0" * 40
    assert l1.read(l1.chain, "getPubdataPricingMode()", "uint8") == 0
    assert l1.number("getProtocolVersion") >> 32 == decode(
        ["uint32", "uint32", "uint32"], l1.call(l1.chain, l1.encode("getSemverProtocolVersion()")))[1]
    executed, verified, committed = (l1.number(f"getTotalBatches{kind}") for kind in ["Executed", "Verified", "Committed"])
    assert executed <= verified <= committed
    assert l1.number("getPriorityQueueSize") == l1.number("getTotalPriorityTxs") - l1.number("getFirstUnprocessedPriorityTx")
    # A chain that nobody has registered.
    assert l1.read(l1.bridgehub, "getZKChain(uint256)", "address", 1_234_567) == "0x" + "0" * 40


def check_price(l1: L1) -> None:
    for gas_price in [0, 1, 10**9, 7 * 10**9, 123_456_789_012]:
        assert l1.base_cost(gas_price, 1) == price(gas_price)
        assert l1.base_cost(gas_price, 500_000) == 500_000 * price(gas_price)


def check_deposit(l1: L1) -> None:
    receiver = to_checksum_address("0x" + "ab" * 20)
    before, held = l1.number("getTotalPriorityTxs"), l1.web3.eth.get_balance(l1.vault)
    for value, data in [(1234, b""), (0, b"\x01\x02\x03" * 11)]:
        # The price follows what the transaction pays for gas; a quote for more is enough.
        mint = l1.base_cost(l1.gas_price(), 500_000) + value
        call = l1.direct(mint, receiver, value, data)
        foretold = l1.call(l1.bridgehub, call, mint, gas_price=l1.gas_price())
        receipt = l1.send(l1.bridgehub, call, mint)
        (number, hash, transaction), = l1.requests(receipt)
        assert number == transaction[8] == before
        assert hash == canonical_hash(transaction) and len(foretold) == 32
        paid = receipt["effectiveGasPrice"]
        assert transaction[:8] == (
            255, int(l1.account.address, 16), int(receiver, 16), 500_000, GAS_PER_PUBDATA, price(paid), 0, 0)
        assert transaction[9:12] == (value, (mint, int(l1.account.address, 16), 0, 0), data)
        before += 1
        held += mint
    assert l1.number("getTotalPriorityTxs") == before
    assert l1.web3.eth.get_balance(l1.vault) == held


def check_errors(l1: L1) -> None:
    """Errors by name: a client that knows the reference's interface understands ours."""
    receiver = to_checksum_address("0x" + "ab" * 20)
    mint = l1.base_cost(10**9, 500_000) + 10**15
    limit = l1.read(l1.chain, "getPriorityTxMaxGasLimit()", "uint256")
    manager = l1.read(l1.bridgehub, "chainTypeManager(uint256)", "address", l1.chain_id)
    timelock = timelock_of(l1, manager)
    batch = l1.encode("commitBatchesSharedBridge(uint256,uint256,uint256,bytes)", l1.chain_id, 1, 1, b"\0")
    finalize = lambda batch, message, proof, sender=BASE_TOKEN: l1.encode(
        f"finalizeDeposit({FINALIZE})", (l1.chain_id, batch, 0, sender, 0, message, proof))
    withdrawal = withdrawal_message(receiver, 1)
    executed = l1.number("getTotalBatchesExecuted")
    dear = price(10**9) * (limit + 10**7) + 10**15
    cases = [
        ("MsgValueMismatch(uint256,uint256)", l1.bridgehub, l1.direct(mint, receiver), mint - 1),
        ("MsgValueTooLow(uint256,uint256)", l1.bridgehub, l1.direct(mint, receiver, mint), mint),
        ("GasPerPubdataMismatch()", l1.bridgehub, l1.direct(mint, receiver, per_pubdata=801), mint),
        ("TooManyFactoryDeps()", l1.bridgehub, l1.direct(mint, receiver, dependencies=[b""] * 65), mint),
        ("TxnBodyGasLimitNotEnoughGas()", l1.bridgehub, l1.direct(mint, receiver, gas=9_999), mint),
        ("ValidateTxnNotEnoughGas()", l1.bridgehub, l1.direct(mint, receiver, gas=253_883), mint),
        ("TooMuchGas()", l1.bridgehub, l1.direct(dear, receiver, gas=limit + 10_001), dear),
        ("L2WithdrawalMessageWrongLength(uint256)", l1.nullifier, finalize(executed, withdrawal[:55], [bytes(32)]), 0),
        ("InvalidSelector(bytes4)", l1.nullifier, finalize(executed, b"\x01\x02\x03\x04" + withdrawal[4:], [bytes(32)]), 0),
        ("WrongL2Sender(address)", l1.nullifier, finalize(executed, withdrawal, [bytes(32)], receiver), 0),
        ("BatchNotExecuted(uint256)", l1.nullifier, finalize(executed + 1, withdrawal, [METADATA] + [bytes(32)] * 15), 0),
    ]
    if version(l1) < 29:
        # Later versions of the reference name the chain by its address.
        cases += [("Unauthorized(address)", timelock, batch, 0), ("Unauthorized(address)", l1.chain, batch, 0)]
    for error, to, data, value in cases:
        expect(l1, error, to, data, value)


def check_token_deposit(l1: L1, token: dict) -> None:
    """An ERC-20 through the second bridge, in the older encoding and in the newer one. `token` is what Vyper compiled."""
    receipt = l1.send(None, bytes.fromhex(token["bytecode"][2:]) + encode(
        ["string", "string", "uint256"], ["Test Token", "TTK", 10**24]))
    address = receipt["contractAddress"]
    asset = keccak(encode(["uint256", "address", "address"], [l1.web3.eth.chain_id, L2_TOKEN_VAULT, address]))
    receiver = to_checksum_address("0x" + "cd" * 20)
    l1.send(address, l1.encode("approve(address,uint256)", l1.router, 1000))
    older = encode(["address", "uint256", "address"], [address, 300, receiver])
    newer = b"\x01" + encode(
        ["bytes32", "bytes"], [asset, encode(["uint256", "address", "address"], [700, receiver, address])])
    deposited = 0
    for amount, data in [(300, older), (700, newer)]:
        mint = l1.base_cost(l1.gas_price(), 2_000_000)
        receipt = l1.send(l1.bridgehub, l1.encode(
            f"requestL2TransactionTwoBridges({TWO_BRIDGES})",
            (l1.chain_id, mint, 0, 2_000_000, GAS_PER_PUBDATA, l1.account.address, l1.router, 0, data)), mint)
        (_, hash, transaction), = l1.requests(receipt)
        assert hash == canonical_hash(transaction)
        # The router asks, under its alias; on L2 its counterpart is called.
        assert transaction[1] == (int(l1.router, 16) + ALIAS_OFFSET) % 2**160
        assert transaction[2] == int(L2_ASSET_ROUTER, 16)
        assert transaction[10][1] == int(l1.account.address, 16)
        # The form that L2 had before there were asset ids: so is a token of L1 called there.
        assert transaction[11][:4] == selector("finalizeDeposit(address,address,address,uint256,bytes)")
        transfer = transaction[11][4:]
        sender, to, origin, moved, metadata = decode(["address", "address", "address", "uint256", "bytes"], transfer)
        assert [to_checksum_address(each) for each in (sender, to, origin)] == [l1.account.address, receiver, address]
        assert moved == amount
        origin_chain, name, symbol, decimals = decode(["uint256", "bytes", "bytes", "bytes"], metadata[1:])
        assert metadata[0] == 1 and origin_chain == l1.web3.eth.chain_id
        assert (decode(["string"], name), decode(["string"], symbol), decode(["uint8"], decimals)) == (
            ("Test Token",), ("TTK",), (18,))
        deposited += amount
        assert l1.read(l1.vault, "chainBalance(uint256,bytes32)", "uint256", l1.chain_id, asset) == deposited
        assert l1.read(address, "balanceOf(address)", "uint256", l1.vault) == deposited
        happened = l1.read(l1.nullifier, "depositHappened(uint256,bytes32)", "bytes32", l1.chain_id, hash)
        assert happened != bytes(32)


def deposit(l1: L1, receiver: str, amount: int, gas: int = 500_000) -> tuple[int, str]:
    """Asks for ether on L2; what is minted there, fee included, and the hash of the request."""
    mint = l1.base_cost(l1.gas_price(), gas) + amount
    receipt = l1.send(l1.bridgehub, l1.direct(mint, receiver, amount, gas=gas), mint)
    (_, hash, _), = l1.requests(receipt)
    return mint, hex_of(hash)


# Withdrawals

METADATA = bytes.fromhex("010f0001") + bytes(28)
EMPTY_LEAF = keccak(bytes(88))


def withdrawal_message(receiver: str, amount: int) -> bytes:
    return bytes.fromhex("6c0960f9") + to_canonical_address(receiver) + amount.to_bytes(32)


def log_leaf(sender: str, transaction: int, message: bytes) -> bytes:
    """The leaf of a message from L2."""
    return keccak(
        b"\0\1" + transaction.to_bytes(2) + to_canonical_address(MESSENGER) + bytes(12) + to_canonical_address(sender)
        + keccak(message))


def single_proof(leaf: bytes) -> tuple[bytes, list[bytes]]:
    """The root of a batch with one log, and the way there from it."""
    path, node, filler = [], leaf, EMPTY_LEAF
    for _ in range(14):
        path.append(filler)
        node, filler = keccak(node + filler), keccak(filler + filler)
    return keccak(node + bytes(32)), [METADATA] + path + [bytes(32)]


def find_slots(l1: L1) -> tuple[int, callable]:
    """Where the chain keeps the number of executed batches, and the roots of their logs: found by changing slots and
    looking at what the getters say. Slots are put back."""

    def changes(slot: int, read) -> bool:
        kept = l1.rpc("eth_getStorageAt", l1.chain, hex(slot), "latest")
        probe = bytes(24) + (0x0123456789ABCDEF).to_bytes(8)
        l1.rpc("anvil_setStorageAt", l1.chain, hex(slot), hex_of(probe))
        changed = read() in (probe, int.from_bytes(probe))
        l1.rpc("anvil_setStorageAt", l1.chain, hex(slot), kept)
        return changed

    batch = 3_000_000
    executed = next(slot for slot in range(64) if changes(slot, lambda: l1.number("getTotalBatchesExecuted")))
    root = lambda: l1.read(l1.chain, "l2LogsRootHash(uint256)", "bytes32", batch)
    # The key of a mapping stands before the slot in Solidity, and behind it in Vyper.
    orders = [
        lambda slot, key: keccak(key.to_bytes(32) + slot.to_bytes(32)),
        lambda slot, key: keccak(slot.to_bytes(32) + key.to_bytes(32)),
    ]
    for slot in range(64):
        for order in orders:
            if changes(int.from_bytes(order(slot, batch)), root):
                return executed, lambda key: int.from_bytes(order(slot, key))
    raise AssertionError("the roots of the logs are in no slot below 64")


def check_withdrawal(l1: L1) -> None:
    """A withdrawal is paid once. The root of its batch is written into the chain's storage: nothing proves it here."""
    receiver, amount = Account.create().address, 10**9
    mint = l1.base_cost(l1.gas_price(), 500_000) + amount
    l1.send(l1.bridgehub, l1.direct(mint, receiver, amount), mint)
    message = withdrawal_message(receiver, amount)
    root, proof = single_proof(log_leaf(BASE_TOKEN, 7, message))
    executed, roots = find_slots(l1)
    kept = l1.rpc("eth_getStorageAt", l1.chain, hex(executed), "latest")
    batch = l1.number("getTotalBatchesExecuted") + 1
    l1.rpc("anvil_setStorageAt", l1.chain, hex(executed), hex_of(batch.to_bytes(32)))
    l1.rpc("anvil_setStorageAt", l1.chain, hex(roots(batch)), hex_of(root))
    try:
        assert l1.read(
            l1.chain, "proveL2MessageInclusion(uint256,uint256,(uint16,address,bytes),bytes32[])", "bool", batch, 0,
            (7, BASE_TOKEN, message), proof)
        finalize = lambda message: l1.encode(
            f"finalizeDeposit({FINALIZE})", (l1.chain_id, batch, 0, BASE_TOKEN, 7, message, proof))
        expect(l1, "InvalidProof()", l1.nullifier, finalize(withdrawal_message(receiver, amount + 1)))
        l1.send(l1.nullifier, finalize(message))
        assert l1.web3.eth.get_balance(receiver) == amount
        finalized = lambda at: l1.read(
            at, "isWithdrawalFinalized(uint256,uint256,uint256)", "bool", l1.chain_id, batch, 0)
        assert finalized(l1.nullifier)
        expect(l1, "WithdrawalAlreadyFinalized()", l1.nullifier, finalize(message))
        assert l1.web3.eth.get_balance(receiver) == amount
    finally:
        l1.rpc("anvil_setStorageAt", l1.chain, hex(executed), kept)


def expect(l1: L1, error: str, to: str, data: bytes, value: int = 0) -> None:
    try:
        l1.call(to, data, value, gas_price=l1.gas_price())
    except Refused as refusal:
        assert refusal.output[:4] == selector(error), f"{error}: {refusal}"
    else:
        raise AssertionError(f"no {error}")
