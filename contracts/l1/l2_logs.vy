# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Logs from L2 to L1: their leaves, and paths to the root that a batch committed to
"""

# The leaf of a log that is all zeros, keccak256 of 88 zero bytes: it fills the tree.
EMPTY_LEAF: constant(bytes32) = 0x72abee45b59e344af8a6e520241c4744aff26ed411f4c4b00f8af09adada43ba
MAX_PROOF: constant(uint256) = 64
METADATA_VERSION: constant(uint256) = 1


struct Log:
    l2ShardId: uint8
    isService: bool
    txNumberInBatch: uint16
    sender: address
    key: bytes32
    value: bytes32


@internal
@pure
def leaf(log_: Log) -> bytes32:
    """
    @notice keccak256 of the 88 packed bytes of a log
    """
    service: bytes1 = 0x00
    if log_.isService:
        service = 0x01
    hash: bytes32 = keccak256(concat(
        convert(log_.l2ShardId, bytes1), service, convert(log_.txNumberInBatch, bytes2), convert(log_.sender, bytes20),
        log_.key, log_.value))
    if hash == EMPTY_LEAF:
        raw_revert(method_id("HashedLogIsDefault()"))
    return hash


@internal
@pure
def root(index: uint256, leaf_: bytes32, proof: DynArray[bytes32, MAX_PROOF]) -> bytes32:
    """
    @notice The root that `proof` leads to
    @param index Bit i says whether the node on level i is a right child
    @param proof Siblings from the leaf upwards, behind a word of metadata: version, length of the path, length of the
        path in a batch of another layer (none here), whether the path ends here. A first word whose low 28 bytes are not
        zero belongs to the old form, in which all words are siblings.
    """
    if len(proof) == 0:
        raw_revert(method_id("MerklePathEmpty()"))
    metadata: uint256 = convert(proof[0], uint256)
    first: uint256 = 0
    length: uint256 = len(proof)
    if metadata & (2**224 - 1) == 0:
        version: uint256 = metadata >> 248
        if version != METADATA_VERSION:
            raw_revert(abi_encode(version, method_id=method_id("UnsupportedProofMetadataVersion(uint256)")))
        # Batches settle on L1 itself: a path goes to the root of the batch and ends there.
        if (metadata >> 232) & 255 != 0 or (metadata >> 224) & 255 != 1:
            raw_revert(method_id("InvalidProofLengthForFinalNode()"))
        first = 1
        length = (metadata >> 240) & 255
        if length + 1 > len(proof):
            raw_revert(method_id("InvalidProofLengthForFinalNode()"))
    if length == 0:
        raw_revert(method_id("MerklePathEmpty()"))
    if index >= 1 << length:
        raw_revert(method_id("MerkleIndexOutOfBounds()"))
    node: bytes32 = leaf_
    for level: uint256 in range(length, bound=MAX_PROOF):
        if (index >> level) & 1 == 0:
            node = keccak256(concat(node, proof[first + level]))
        else:
            node = keccak256(concat(proof[first + level], node))
    return node
