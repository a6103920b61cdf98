/// Where the node answers requests of the test suite of ethereum/execution-apis otherwise than they expect.
///
/// `Tests/EndToEnd/test_execution_apis.py` reads the page and sees that it is true: these requests are answered otherwise, and
/// no others.
enum ExecutionAPIs {
  static let text = """

    ## Requests of execution-apis

    The test suite of [execution-apis](https://github.com/ethereum/execution-apis) (`tests/`) holds requests to a chain of its
    own, with answers. Over a chain with the same contracts and transactions of the same kinds the answers of the node have the
    same shape, the same error codes and the same nulls, but for these. Fields of beacon chain and blobs (withdrawals, blob
    gas, `parentBeaconBlockRoot`, `requestsHash`) are absent everywhere. Of `eth_simulateV1` status, output, logs and error
    codes of every call are the same too; gas is that of ZKsync OS.


    """ + Markdown.table(["Request", "Here", "Because"], rows)

  private static let rows = deviations.map { deviation in
    [
      deviation.files.map { Markdown.code("\(deviation.method)/\($0)") }.joined(separator: ", "), deviation.answer,
      deviation.reason,
    ]
  }

  private static let deviations: [(method: String, files: [String], answer: String, reason: String)] = [
    (
      "debug_traceBlockByHash", ["trace-block-with-transactions"], "`returnValue` has no 0x",
      "the struct logger writes it without a prefix, as geth long did"
    ),
    (
      "debug_traceBlockByNumber",
      [
        "trace-block-memory-encoding", "trace-block-return-data-behavior", "trace-block-storage-encoding",
        "trace-block-storage-snapshot-timing", "trace-block-with-transactions",
      ], "`returnValue` has no 0x", "as above"
    ),
    (
      "debug_traceTransaction", ["trace-contract-call", "trace-legacy-transfer"], "`returnValue` has no 0x", "as above"
    ),
    (
      "eth_capabilities", ["get-capabilities"], "`stateproofs` is disabled",
      "the state is no Merkle Patricia trie; `zks_getProof` proves it"
    ),
    (
      "eth_config", ["get-config"], "`blobSchedule` is null, and precompiles end with BN254_PAIRING",
      "the chain has no blobs; BLAKE2F and KZG_POINT_EVALUATION answer without computing, and the later ones are not there"
    ),
    ("eth_estimateGas", ["estimate-with-eip4844"], "-32000", "the chain has no blobs"),
    ("eth_estimateGas", ["estimate-with-eip7702"], "-32000", "the virtual machine has no set-code transactions"),
    (
      "eth_getBlockByNumber", ["get-finalized", "get-safe"], "-32000, as in geth before the first such block",
      "without a settled batch nothing is safe or final"
    ),
    (
      "eth_getProof",
      [
        "get-account-proof-blockhash", "get-account-proof-default-block", "get-account-proof-latest",
        "get-account-proof-with-storage",
      ], "-32603", "the state is no Merkle Patricia trie; `zks_getProof` proves it"
    ),
    ("eth_getTransactionByHash", ["get-blob-tx", "get-setcode-tx"], "null", "there are no such transactions"),
    ("eth_getTransactionReceipt", ["get-blob-tx", "get-setcode-tx"], "null", "there are no such transactions"),
    ("eth_sendRawTransaction", ["send-blob-tx"], "-32000", "the chain has no blobs"),
    ("eth_simulateV1", ["ethSimulate-blobs"], "-32000", "the chain has no blobs"),
    (
      "eth_simulateV1",
      ["ethSimulate-block-override-reflected-in-contract-simple", "ethSimulate-override-all-in-BlockStateCalls"],
      "blocks, not -38021", "a block without a time comes one second after the one before, not twelve"
    ),
    (
      "eth_simulateV1", ["ethSimulate-fee-recipient-receiving-funds"], "the fee recipient gets the base fee too",
      "nothing is burnt on the chain"
    ),
    (
      "eth_simulateV1", ["ethSimulate-move-two-accounts-to-same-38023"], "-38023, as the specification says",
      "the suite's answer lets both move to one address, and does not say which answers there"
    ),
    (
      "eth_simulateV1", ["ethSimulate-overflow-nonce"], "-32603, with and without validation",
      "the virtual machine sends nothing from an account whose nonce cannot grow"
    ),
    (
      "testing_buildBlockV1",
      [
        "build-block-empty-transactions", "build-block-from-mempool", "build-block-invalid-transaction",
        "build-block-with-transactions",
      ], "-32601", "blocks are built by the sequencer, and not for a beacon chain"
    ),
    (
      "txpool_content", ["get-content"], "nothing waits",
      "the next block takes what waits before anybody can ask"
    ),
  ]
}
