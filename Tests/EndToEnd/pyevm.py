"""py-evm, a whole other Ethereum, as the judge of a chain: it executes every block and must come to what the block says.

As a program it judges a chain that it is given as a file (`{"genesis": {"header", "accounts"}, "blocks"}`, RLP in
hexadecimal text), or one that is served:

    .venv/bin/python Tests/EndToEnd/pyevm.py chain.json
    .venv/bin/python Tests/EndToEnd/pyevm.py http://127.0.0.1:8545

Of a served chain it reads the accounts of block 0 from `anvil_dumpState`, so that it must not have blocks yet when the
judge starts; the blocks are read when the standard input ends.
"""

import gzip
import json
import sys
import urllib.request

import rlp
from eth.chains.base import Chain
from eth.consensus.context import ConsensusContext
from eth.db.atomic import AtomicDB
from eth.rlp.headers import BlockHeader
from eth.vm.chain_context import ChainContext
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.prague import PragueVM
from eth_utils import ValidationError

# By the number of fields in a header.
FORKS = {20: CancunVM, 21: PragueVM}


def data(text):
    """The bytes of hexadecimal text."""
    return bytes.fromhex(text.removeprefix("0x"))


def number(value):
    """A number, or what hexadecimal text says."""
    return value if isinstance(value, int) else int(value, 16)


class Judge:
    """A chain of py-evm that begins with a block and the accounts after it, and takes the blocks that follow."""

    def __init__(self, header, accounts, chain_id):
        """`header` in RLP; `accounts` by address, with `nonce`, `balance`, `code`, `storage` as in anvil's dumps."""
        vm = FORKS[len(rlp.decode(header))]
        decoded = rlp.decode(header, sedes=vm.get_block_class()._meta.fields[0][1])
        chain_class = Chain.configure("JudgingChain", vm_configuration=((0, vm),), chain_id=chain_id)
        database = AtomicDB()
        before = BlockHeader(difficulty=0, block_number=-1, gas_limit=0)
        state = vm.build_state(database, before, ChainContext(chain_id))
        for address, account in accounts.items():
            address = data(address)
            state.set_balance(address, number(account["balance"]))
            state.set_nonce(address, number(account["nonce"]))
            state.set_code(address, data(account["code"]))
            for slot, value in account["storage"].items():
                state.set_storage(address, number(slot), number(value))
        state.persist()
        if state.state_root != decoded.state_root:
            raise ValidationError(f"the accounts have the root {state.state_root.hex()}, not {decoded.state_root.hex()}")
        headers = chain_class.get_chaindb_class()(database)
        # Only a header without a parent can be told without a chain below it, and only one with a parent as a checkpoint.
        if decoded.is_genesis:
            headers.persist_header(decoded)
        else:
            headers.persist_checkpoint_header(decoded, 0)
        self.chain = chain_class(database)

    @property
    def head(self):
        """The hash of the newest block."""
        return self.chain.get_canonical_head().hash

    def take(self, block):
        """Executes a block in RLP. Raises `ValidationError` where it does not come to the header that the block has."""
        block_class = self.chain.get_vm_class_for_block_number(1).get_block_class()
        self.chain.import_block(rlp.decode(block, sedes=block_class))


class ServedChain:
    """A chain behind JSON-RPC, as far as a judge asks."""

    def __init__(self, url):
        self.url = url

    def call(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def accounts(self):
        """All accounts as they are now."""
        dump = data(self.call("anvil_dumpState"))
        return json.loads(gzip.decompress(dump) if dump[:2] == b"\x1f\x8b" else dump)["accounts"]

    def block(self, height):
        """A block in RLP."""
        return data(self.call("debug_getRawBlock", hex(height)))

    def height(self):
        return number(self.call("eth_blockNumber"))

    def judge(self):
        """A judge who knows the chain up to now, and the number of its newest block."""
        height = self.height()
        header = rlp.encode(rlp.decode(self.block(height))[0])
        return Judge(header, self.accounts(), number(self.call("eth_chainId"))), height


def main(source):
    if source.startswith("http"):
        served = ServedChain(source)
        judge, first = served.judge()
        sys.stdin.read()
        blocks = [served.block(height) for height in range(first + 1, served.height() + 1)]
    else:
        with open(source) as file:
            chain = json.load(file)
        genesis = chain["genesis"]
        judge = Judge(data(genesis["header"]), genesis["accounts"], chain.get("chainId", 31337))
        blocks = [data(block) for block in chain["blocks"]]
    for block in blocks:
        judge.take(block)
    print(f"{len(blocks)} blocks judged")


if __name__ == "__main__":
    main(sys.argv[1])
