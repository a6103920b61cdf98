# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The Merkle tree over the hashes of all priority requests, in the order of their ids
@notice A node is keccak256(left ‖ right), an empty leaf keccak256(""). The tree doubles when it is full, and the root after
    each push stays known for ever: who executes a batch may prove its requests against any of them.
"""

EMPTY_LEAF: constant(bytes32) = keccak256(b"")
MAX_HEIGHT: constant(uint256) = 32
MAX_ITEMS: constant(uint256) = 4096

# Leaves so far: the id of the next request.
count: uint256
root: bytes32
height: uint256
# For each level the left node that waits for its right sibling.
sides: HashMap[uint256, bytes32]
is_historical: HashMap[bytes32, bool]


@internal
def push(leaf: bytes32):
    index: uint256 = self.count
    height: uint256 = self.height
    if index != 0 and index == 1 << height:
        # Full: the whole tree becomes the left half of one twice as large.
        assert height < MAX_HEIGHT, "priority tree is full"
        self.sides[height] = self.root
        height += 1
        self.height = height
    node: bytes32 = leaf
    zero: bytes32 = EMPTY_LEAF
    for level: uint256 in range(height, bound=MAX_HEIGHT):
        if (index >> level) & 1 == 0:
            self.sides[level] = node
            node = keccak256(concat(node, zero))
        else:
            node = keccak256(concat(self.sides[level], node))
        zero = keccak256(concat(zero, zero))
    self.root = node
    self.is_historical[node] = True
    self.count = index + 1


@internal
@pure
def range_root(
    start: uint256,
    leaves: DynArray[bytes32, MAX_ITEMS],
    left: DynArray[bytes32, MAX_HEIGHT],
    right: DynArray[bytes32, MAX_HEIGHT],
) -> bytes32:
    """
    @notice The root of a tree that holds `leaves` from index `start` on
    @param left For each level the node left of the range, used where the range begins with a right child
    @param right For each level the node right of the range, used where the range ends with a left child
    """
    height: uint256 = len(left)
    size: uint256 = len(leaves)
    if len(right) != height or size == 0 or start + size > 1 << height:
        raw_revert(method_id("MerkleIndexOrHeightMismatch()"))
    nodes: DynArray[bytes32, MAX_ITEMS] = leaves
    first: uint256 = start
    for level: uint256 in range(height, bound=MAX_HEIGHT):
        odd: uint256 = first & 1
        parents: uint256 = (size + odd + 1) // 2
        for i: uint256 in range(parents, bound=MAX_ITEMS):
            l: bytes32 = left[level]
            if i != 0 or odd == 0:
                l = nodes[2 * i - odd]
            r: bytes32 = right[level]
            if 2 * i + 1 - odd < size:
                r = nodes[2 * i + 1 - odd]
            # Never ahead of what is still to be read.
            nodes[i] = keccak256(concat(l, r))
        size = parents
        first = first >> 1
    return nodes[0]
