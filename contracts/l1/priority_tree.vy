# pragma version 0.4.3
# pragma evm-version cancun
"""
@title The Merkle tree over the hashes of all priority requests, in the order of their ids
@notice A node is keccak256(left ‖ right), an empty leaf keccak256(""). The tree doubles when it is full, and the root after
    each push stays known for ever: who executes a batch may prove its requests against any of them.
"""

import input

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
@view
def range_root(start: uint256, leaves: uint256, count: uint256, left: uint256, right: uint256) -> bytes32:
    """
    @notice The root of a tree that holds leaves from index `start` on
    @param leaves Where the first leaf stands in the calldata
    @param left Where the nodes left of the range stand in the calldata, behind their number: one a level, used where the
        range begins with a right child
    @param right The nodes right of the range, used where it ends with a left child
    """
    height: uint256 = input.number(left)
    if height > MAX_HEIGHT:
        raw_revert(method_id("MerklePathOutOfBounds()"))
    if input.number(right) != height or count == 0 or start + count > 1 << height:
        raw_revert(method_id("MerkleIndexOrHeightMismatch()"))
    # As in `push`: for each level the left node that waits, at first that of the path.
    waiting: bytes32[MAX_HEIGHT] = empty(bytes32[MAX_HEIGHT])
    for level: uint256 in range(height, bound=MAX_HEIGHT):
        waiting[level] = input.word(left + 32 + 32 * level)
    node: bytes32 = empty(bytes32)
    for i: uint256 in range(count - 1, bound=MAX_ITEMS):
        index: uint256 = start + i
        node = input.word(leaves + 32 * i)
        # Whole subtrees go up; the first left node waits.
        for level: uint256 in range(height, bound=MAX_HEIGHT):
            if (index >> level) & 1 == 0:
                waiting[level] = node
                break
            node = keccak256(concat(waiting[level], node))
    last: uint256 = start + count - 1
    node = input.word(leaves + 32 * (count - 1))
    for level: uint256 in range(height, bound=MAX_HEIGHT):
        if (last >> level) & 1 == 0:
            node = keccak256(concat(node, input.word(right + 32 + 32 * level)))
        else:
            node = keccak256(concat(waiting[level], node))
    return node
