# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Data availability of a rollup: the pubdata of a batch stands in the calldata that commits it
@notice The guest program commits to pubdata without blobs, so blobs are refused.
"""


struct L1DAValidatorOutput:
    stateDiffHash: bytes32
    blobsLinearHashes: DynArray[bytes32, MAX_BLOBS]
    blobsOpeningCommitments: DynArray[bytes32, MAX_BLOBS]


MAX_INPUT: constant(uint256) = 131_072
MAX_BLOBS: constant(uint256) = 16
# What fits into one blob: 4096 field elements of 31 bytes.
MAX_PUBDATA: constant(uint256) = 126_976
# State diff hash, hash of the pubdata, number of blobs.
HEADER: constant(uint256) = 65
# The header of one blob, and the byte that says where the pubdata is.
HEADER_OF_ONE: constant(uint256) = 98


@external
@pure
def checkDA(
    _chainId: uint256, _batchNumber: uint256, _l2DAValidatorOutputHash: bytes32, _operatorDAInput: Bytes[MAX_INPUT],
    _maxBlobsSupported: uint256
) -> L1DAValidatorOutput:
    """
    @param _operatorDAInput State diff hash 32 ‖ hash of the pubdata 32 ‖ number of blobs 1 ‖ linear hash of each blob 32 ‖
        source 1 ‖ pubdata ‖ commitment of the blob 32
    """
    size: uint256 = len(_operatorDAInput)
    if size < HEADER:
        self._too_small(size, HEADER)
    blobs: uint256 = convert(slice(_operatorDAInput, 64, 1), uint256)
    if blobs > _maxBlobsSupported or blobs > MAX_BLOBS:
        raw_revert(abi_encode(blobs, _maxBlobsSupported, method_id=method_id("InvalidNumberOfBlobs(uint256,uint256)")))
    header: uint256 = HEADER + 32 * blobs
    # The source stands behind it.
    if size < header + 1:
        self._too_small(size, header + 1)
    # The header has at most 577 bytes; a slice of its own type costs no memory for 128 KiB.
    if keccak256(slice(slice(_operatorDAInput, 0, min(size, HEADER + 32 * MAX_BLOBS)), 0, header)) != _l2DAValidatorOutputHash:
        raw_revert(abi_encode(_l2DAValidatorOutputHash, method_id=method_id("InvalidL2DAOutputHash(bytes32)")))
    source: uint8 = convert(slice(_operatorDAInput, header, 1), uint8)
    if source != 0:
        raw_revert(abi_encode(source, method_id=method_id("InvalidPubdataSource(uint8)")))
    if blobs != 1:
        raw_revert(method_id("OnlyOneBlobWithCalldataAllowed()"))
    rest: uint256 = size - HEADER_OF_ONE
    if rest < 32:
        raw_revert(abi_encode(rest, convert(32, uint256), method_id=method_id("PubdataInputTooSmall(uint256,uint256)")))
    length: uint256 = rest - 32
    if length > MAX_PUBDATA:
        raw_revert(abi_encode(length, MAX_PUBDATA, method_id=method_id("PubdataLengthTooBig(uint256,uint256)")))
    claimed: bytes32 = extract32(_operatorDAInput, 32)
    hash: bytes32 = keccak256(slice(_operatorDAInput, HEADER_OF_ONE, length))
    if hash != claimed:
        raw_revert(abi_encode(claimed, hash, method_id=method_id("InvalidPubdataHash(bytes32,bytes32)")))
    linear: bytes32 = extract32(_operatorDAInput, HEADER)
    commitment: bytes32 = extract32(_operatorDAInput, size - 32)
    noLinear: bool = linear == empty(bytes32)
    noCommitment: bool = commitment == empty(bytes32)
    if noLinear != noCommitment:
        raw_revert(abi_encode(
            convert(0, uint256), noLinear, noCommitment, method_id=method_id("BlobHashCommitmentError(uint256,bool,bool)")))
    return L1DAValidatorOutput(
        stateDiffHash=extract32(_operatorDAInput, 0), blobsLinearHashes=[linear], blobsOpeningCommitments=[commitment])


@internal
@pure
def _too_small(size: uint256, least: uint256):
    raw_revert(abi_encode(size, least, method_id=method_id("OperatorDAInputTooSmall(uint256,uint256)")))
