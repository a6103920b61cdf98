"""Proofs about the state: checked here with nothing but hashlib, and by `zkos proof verify`."""

import copy
import hashlib
import json
import subprocess

import pytest
import requests
from web3 import Web3

from node import BINARY, RICH, RpcError, Wallet

ZKOS = BINARY.parent / "zkos"
ACCOUNTS = "0x" + "8003".zfill(40)
SOMEBODY = Web3.to_checksum_address("0x" + "a11ce".zfill(40))


def blake2s(data: bytes) -> bytes:
    return hashlib.blake2s(data).digest()


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


EMPTY = [blake2s(bytes(72))]
for _ in range(64):
    EMPTY.append(blake2s(EMPTY[-1] * 2))


def root_of(key: bytes, leaf: dict) -> bytes:
    """Follows the path of a leaf: siblings from the leaf towards the root, empty ones at the end left out."""
    node = blake2s(key + raw(leaf["value"]) + leaf["nextIndex"].to_bytes(8, "little"))
    siblings = [raw(sibling) for sibling in leaf["siblings"]]
    assert len(siblings) <= 64 and (not siblings or siblings[-1] != EMPTY[len(siblings) - 1])
    index = leaf["index"]
    for sibling in siblings + EMPTY[len(siblings) : 64]:
        node = blake2s(sibling + node if index & 1 else node + sibling)
        index >>= 1
    assert index == 0
    return node


def verify(answer: dict) -> tuple[bytes, list[bytes]]:
    """The root that all slots agree on, and their values."""
    roots, values = set(), []
    for slot in answer["storageProofs"]:
        key = blake2s(raw(answer["address"]).rjust(32, b"\0") + raw(slot["key"]))
        proof = slot["proof"]
        if proof["type"] == "existing":
            roots.add(root_of(key, proof))
            values.append(raw(proof["value"]))
        else:
            left, right = proof["leftNeighbor"], proof["rightNeighbor"]
            roots |= {root_of(raw(leaf["leafKey"]), leaf) for leaf in (left, right)}
            assert raw(left["leafKey"]) < key < raw(right["leafKey"])
            assert left["nextIndex"] == right["index"]
            values.append(bytes(32))
    (root,) = roots
    return root, values


def chain_commitment(node, root: bytes, answer: dict) -> bytes:
    """The hash of root and preimage, with the preimage made from what the chain itself says."""
    preimage = answer["stateCommitmentPreimage"]
    number = int(preimage["blockNumber"], 16)
    blocks = [node.call("eth_getBlockByNumber", hex(n), False) for n in range(max(0, number - 255), number + 1)]
    hashes = b"".join(raw(block["hash"]) for block in blocks).rjust(256 * 32, b"\0")
    assert raw(preimage["last256BlockHashesBlake"]) == blake2s(hashes)
    assert preimage["lastBlockTimestamp"] == blocks[-1]["timestamp"]
    numbers = [int(preimage[name], 16).to_bytes(8, "big") for name in ("nextFreeSlot", "blockNumber", "lastBlockTimestamp")]
    return blake2s(root + numbers[0] + numbers[1] + blake2s(hashes) + numbers[2])


def word(number: int) -> str:
    return "0x" + number.to_bytes(32, "big").hex()


def zkos(*arguments, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([str(ZKOS), *arguments], input=stdin, capture_output=True, text=True, timeout=60)


def proof_of_token(node, token, block=None):
    """Slots that the token wrote and slots that it did not, after a block."""
    slots = [word(slot) for slot in range(8)] + [word(2**200)]
    block = block if block is not None else node.head()
    return node.call("zks_getProof", token.address, slots, block), slots, block


def test_slots_are_proven(node, token):
    answer, slots, block = proof_of_token(node, token)
    assert answer["address"] == token.address.lower()
    assert [slot["key"] for slot in answer["storageProofs"]] == slots
    types = {slot["proof"]["type"] for slot in answer["storageProofs"]}
    assert types == {"existing", "nonExisting"}
    root, values = verify(answer)
    for slot, value in zip(slots, values):
        assert raw(node.call("eth_getStorageAt", token.address, slot, hex(block))) == value
    state = node.call("zkos_getStateCommitment", hex(block))
    assert raw(state["root"]) == root
    assert state["leafCount"] == answer["stateCommitmentPreimage"]["nextFreeSlot"]
    assert raw(state["stateCommitment"]) == blake2s(root + int(state["leafCount"], 16).to_bytes(8, "big"))
    chain_commitment(node, root, answer)


def test_an_account_is_a_slot_of_the_account_storage(node, rich):
    rich.transact(to=RICH.address, value=1)
    block = node.head()
    answer = node.call("zks_getProof", ACCOUNTS, [word(int(RICH.address, 16)), word(1)], block)
    _, (known, unknown) = verify(answer)
    assert known != bytes(32) and unknown == bytes(32)


def test_older_blocks_keep_their_proofs(node, rich, token):
    before, _, block = proof_of_token(node, token)
    receipt = rich.transact(to=token.address, gas=200_000, data=token.encode_abi("transfer", [SOMEBODY, 5]))
    assert proof_of_token(node, token, block)[0] == before
    after = proof_of_token(node, token, int(receipt["blockNumber"], 16))[0]
    assert verify(after)[0] != verify(before)[0]


def test_any_block_has_a_commitment(node):
    head = node.head()
    genesis = node.call("zkos_getStateCommitment", "earliest")
    assert genesis["root"] == "0x90a83ead2ba2194fbbb0f7cd2a017e36cfb4891513546d943a7282c2844d4b6b"
    assert genesis["leafCount"] == "0x2"
    counts = [int(node.call("zkos_getStateCommitment", hex(block))["leafCount"], 16) for block in range(head + 1)]
    assert counts == sorted(counts)
    root, _ = verify(node.call("zks_getProof", RICH.address, [word(0)], 0))
    assert genesis["root"] == "0x" + root.hex()


def test_a_block_that_was_just_mined_is_proven_at_once(node, rich):
    for _ in range(10):
        block = rich.transact(to=RICH.address, value=1)["blockNumber"]
        verify(node.call("zks_getProof", ACCOUNTS, [word(1)], block))


def test_what_does_not_exist_is_refused(node):
    head = node.head()
    for method, parameters in (
        ("zks_getProof", [RICH.address, [word(0)], head + 1000]),
        ("zkos_getStateCommitment", [head + 1000]),
    ):
        refusal = node.refusal(method, *parameters)
        assert refusal.code == -32001
        assert "not found" in refusal.message
    assert node.refusal("zks_getProof", RICH.address, [word(0)] * 1025, head).code == -32602


def test_offline_verification(node, token, tmp_path):
    answer, _, block = proof_of_token(node, token)
    root, values = verify(answer)
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(answer))
    batch = node.call("zkos_getStateCommitment", block)["stateCommitment"]
    chain = "0x" + chain_commitment(node, root, answer).hex()
    result = zkos("proof", "verify", str(file))
    assert result.returncode == 0
    for expected in (batch, chain, "0x" + root.hex(), *("0x" + value.hex() for value in values if any(value))):
        assert expected in result.stdout
    for commitment in (batch, chain):
        assert zkos("proof", "verify", str(file), "--commitment", commitment).returncode == 0
    assert zkos("proof", "verify", str(file), "--commitment", "0x" + root.hex()).returncode == 1
    # The response as the node sent it, from standard input.
    body = {"jsonrpc": "2.0", "id": 1, "method": "zks_getProof", "params": [token.address, [word(0)], block]}
    response = requests.post(node.url, json=body, timeout=30).text
    assert zkos("proof", "verify", "-", "--commitment", batch, stdin=response).returncode == 0


def test_forged_answers_are_recognised(node, token):
    answer, _, block = proof_of_token(node, token)
    commitment = node.call("zkos_getStateCommitment", block)["stateCommitment"]

    def forged(change) -> subprocess.CompletedProcess:
        forgery = copy.deepcopy(answer)
        change(forgery["storageProofs"])
        return zkos("proof", "verify", "-", "--commitment", commitment, stdin=json.dumps(forgery))

    assert forged(lambda slots: None).returncode == 0
    existing = next(i for i, slot in enumerate(answer["storageProofs"]) if slot["proof"]["type"] == "existing")
    absent = next(i for i, slot in enumerate(answer["storageProofs"]) if slot["proof"]["type"] == "nonExisting")
    forgeries = [
        lambda slots: slots[existing]["proof"].update(value=word(10**30)),
        lambda slots: slots[existing]["proof"].update(nextIndex=7),
        lambda slots: slots[existing]["proof"].update(index=slots[existing]["proof"]["index"] ^ 1),
        lambda slots: slots[existing]["proof"]["siblings"].pop(),
        lambda slots: slots[existing]["proof"]["siblings"].append(word(0)),
        lambda slots: slots[existing].update(key=slots[absent]["key"]),
        lambda slots: slots[existing].update(proof=slots[absent]["proof"]),
        lambda slots: slots[absent]["proof"]["leftNeighbor"].update(leafKey=word(0)),
        lambda slots: slots[absent]["proof"].update(rightNeighbor=slots[absent]["proof"]["leftNeighbor"]),
        lambda slots: slots[absent]["proof"].pop("leftNeighbor"),
        lambda slots: slots.clear(),
    ]
    for number, forgery in enumerate(forgeries):
        result = forged(forgery)
        assert result.returncode == 1, number
        assert "invalid" in result.stdout
    assert zkos("proof", "verify", "-", stdin="nonsense").returncode == 1
    assert zkos("proof", "verify", "/nonexistent").returncode == 1


def test_the_tree_of_a_node_is_sound_on_disk(own_node):
    node = own_node(TREE_CACHE_BYTES="16777216")
    rich = Wallet(node, RICH)
    for _ in range(20):
        rich.transact(to=Wallet(node).address, value=1)
    block = node.head()
    state = node.call("zkos_getStateCommitment", block)
    directory = node.directory / "db" / "tree"
    busy = zkos("tree", "verify", str(directory))
    assert busy.returncode != 0 and "locked" in busy.stderr
    node.kill()
    verified = zkos("tree", "verify", str(directory))
    assert verified.returncode == 0, verified.stderr
    assert f"version {block}, {int(state['leafCount'], 16)} leaves, root {state['root']}: sound" in verified.stdout
    stats = zkos("tree", "stats", str(directory))
    assert stats.returncode == 0 and state["root"] in stats.stdout

    # One flipped bit in a leaf: the check finds it, and the node does not start on it.
    node.start()
    assert node.stop() == 0
    leaves = directory / "leaves"
    content = bytearray(leaves.read_bytes())
    content[72 * 3 + 40] ^= 1
    leaves.write_bytes(content)
    damaged = zkos("tree", "verify", str(directory))
    assert damaged.returncode != 0 and "corrupted" in damaged.stderr
    with pytest.raises(RuntimeError, match="corrupted"):
        node.start()


def test_lag_shows_in_the_metrics(node, rich):
    receipt = rich.transact(to=RICH.address, value=1)
    node.call("zks_getProof", RICH.address, [], receipt["blockNumber"])
    metrics = node.metrics()
    assert metrics['block_number{stage="tree_manager"}'] >= int(receipt["blockNumber"], 16)
    assert metrics["tree_lag_blocks"] >= 0
    assert 0 < metrics['tree_memory_bytes{kind="pages"}'] < 300_000_000
