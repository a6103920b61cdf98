# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Data availability of a rollup: the pubdata of a batch stands in the calldata that commits it
@notice The guest program commits to pubdata without blobs, so blobs are refused.
"""

import input


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
STORED_SIZE: constant(uint256) = 256


@external
@view
def checkDA(
    _chainId: uint256, _batchNumber: uint256, _l2DAValidatorOutputHash: bytes32, _operatorDAInput: Bytes[MAX_INPUT],
    _maxBlobsSupported: uint256
) -> L1DAValidatorOutput:
    """
    @param _operatorDAInput State diff hash 32 ‖ hash of the pubdata 32 ‖ number of blobs 1 ‖ linear hash of the blob 32 ‖
        source 1 ‖ pubdata ‖ commitment of the blob 32
    """
    place: uint256 = input.argument(3)
    size: uint256 = len(_operatorDAInput)
    self._check_header(place, size, _l2DAValidatorOutputHash, _maxBlobsSupported)
    self._check_pubdata(place, size, keccak256(slice(_operatorDAInput, HEADER_OF_ONE, size - HEADER_OF_ONE - 32)))
    return L1DAValidatorOutput(
        stateDiffHash=input.word(place), blobsLinearHashes=[input.word(place + HEADER)],
        blobsOpeningCommitments=[input.word(place + size - 32)])


@external
@view
def commitBatchesSharedBridge(_chainId: uint256, _processFrom: uint256, _processTo: uint256, _commitData: Bytes[MAX_INPUT]):
    """
    @notice The same check for a batch that is being committed. The chain hands its calldata on as it is: taking the
        operator's input out of it first would cost more than checking it.
    """
    # Behind the version byte: the previous batch, and an array of one batch whose last word is the offset of the input.
    data: uint256 = input.argument(3) + 1
    array: uint256 = data + input.number(data + STORED_SIZE) + 32
    batch: uint256 = array + input.number(array)
    place: uint256 = batch + input.number(batch + 320)
    size: uint256 = input.number(place)
    place += 32
    self._check_header(place, size, input.word(batch + 192), MAX_BLOBS)
    start: uint256 = place + HEADER_OF_ONE - (data - 1)
    self._check_pubdata(place, size, keccak256(slice(_commitData, start, size - HEADER_OF_ONE - 32)))


@internal
@view
def _check_header(place: uint256, size: uint256, outputHash: bytes32, maxBlobs: uint256):
    """
    @param place Where the operator's input begins in the calldata
    """
    if size < HEADER:
        self._too_small(size, HEADER)
    blobs: uint256 = convert(input.byte(place + 64), uint256)
    if blobs > maxBlobs:
        raw_revert(abi_encode(blobs, maxBlobs, method_id=method_id("InvalidNumberOfBlobs(uint256,uint256)")))
    # The source stands behind the hashes of the blobs.
    header: uint256 = HEADER + 32 * blobs
    if size < header + 1:
        self._too_small(size, header + 1)
    if blobs != 1:
        raw_revert(method_id("OnlyOneBlobWithCalldataAllowed()"))
    if keccak256(slice(msg.data, place, 97)) != outputHash:
        raw_revert(abi_encode(outputHash, method_id=method_id("InvalidL2DAOutputHash(bytes32)")))
    source: uint8 = input.byte(place + header)
    if source != 0:
        raw_revert(abi_encode(source, method_id=method_id("InvalidPubdataSource(uint8)")))
    rest: uint256 = size - HEADER_OF_ONE
    if rest < 32:
        raw_revert(abi_encode(rest, convert(32, uint256), method_id=method_id("PubdataInputTooSmall(uint256,uint256)")))
    if rest - 32 > MAX_PUBDATA:
        raw_revert(abi_encode(rest - 32, MAX_PUBDATA, method_id=method_id("PubdataLengthTooBig(uint256,uint256)")))


@internal
@view
def _check_pubdata(place: uint256, size: uint256, hash: bytes32):
    claimed: bytes32 = input.word(place + 32)
    if hash != claimed:
        raw_revert(abi_encode(claimed, hash, method_id=method_id("InvalidPubdataHash(bytes32,bytes32)")))
    noLinearHash: bool = input.word(place + HEADER) == empty(bytes32)
    noCommitment: bool = input.word(place + size - 32) == empty(bytes32)
    if noLinearHash != noCommitment:
        raw_revert(abi_encode(
            convert(0, uint256), noLinearHash, noCommitment,
            method_id=method_id("BlobHashCommitmentError(uint256,bool,bool)")))


@internal
@pure
def _too_small(size: uint256, least: uint256):
    raw_revert(abi_encode(size, least, method_id=method_id("OperatorDAInputTooSmall(uint256,uint256)")))
