"""Merkle Patricia tries after appendix D of the yellow paper, to check those of a chain with."""

import rlp
from eth_utils import keccak

EMPTY_ROOT = keccak(rlp.encode(b""))


def nibbles(key: bytes) -> tuple[int, ...]:
    return tuple(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def unpack(compact: bytes) -> tuple[tuple[int, ...], bool]:
    """A path in hex-prefix encoding, and whether it ends in a leaf."""
    path = nibbles(compact)
    return path[1 if path[0] & 1 else 2:], path[0] & 2 != 0


def pack(path: tuple[int, ...], is_leaf: bool) -> bytes:
    flag = 2 if is_leaf else 0
    path = (flag + 1, *path) if len(path) % 2 else (flag, 0, *path)
    return bytes(path[index] << 4 | path[index + 1] for index in range(0, len(path), 2))


def proven(root: bytes, key: bytes, proof: list[bytes]) -> bytes | None:
    """What a trie holds under the hash of a key, `None` where that is nothing. Every node of the proof must be needed."""
    if root == EMPTY_ROOT:
        assert proof in ([], [b"\x80"])
        return None
    path = nibbles(keccak(key))
    left = list(proof)
    reference = root
    while True:
        if isinstance(reference, bytes):
            if reference == b"":
                value = None
                break
            assert len(reference) == 32
            encoded = left.pop(0)
            assert keccak(encoded) == reference
            node = rlp.decode(encoded)
        else:
            node = reference
        if len(node) == 17:
            reference, path = node[path[0]], path[1:]
            continue
        part, is_leaf = unpack(node[0])
        if is_leaf:
            value = node[1] if part == path else None
            break
        if path[:len(part)] != part:
            value = None
            break
        reference, path = node[1], path[len(part):]
    assert not left
    return value


def list_root(values: list[bytes]) -> bytes:
    """The root over the items of a list under their RLP-encoded places, as a block commits to what it holds."""
    if not values:
        return EMPTY_ROOT
    return keccak(rlp.encode(_node({nibbles(rlp.encode(place)): value for place, value in enumerate(values)})))


def _node(entries: dict[tuple[int, ...], bytes]):
    if len(entries) == 1:
        ((path, value),) = entries.items()
        return [pack(path, True), value]
    paths = list(entries)
    shared = 0
    while all(len(path) > shared and path[shared] == paths[0][shared] for path in paths):
        shared += 1
    if shared:
        rest = {path[shared:]: value for path, value in entries.items()}
        return [pack(paths[0][:shared], False), _reference(_node(rest))]
    branch = []
    for nibble in range(16):
        below = {path[1:]: value for path, value in entries.items() if path and path[0] == nibble}
        branch.append(_reference(_node(below)) if below else b"")
    return [*branch, entries.get((), b"")]


def _reference(node):
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak(encoded)
