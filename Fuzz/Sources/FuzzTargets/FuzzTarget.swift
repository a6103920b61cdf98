import EVM

/// What can be fuzzed. Each target reads arbitrary bytes and traps where the code under test breaks a promise; a trap of
/// that code itself is a finding too.
public enum FuzzTarget: String, CaseIterable, Sendable {
  case interpreter
  case zksyncInterpreter = "zksync-interpreter"
  case ecrecover
  case sha256
  case ripemd160
  case identity
  case modexp
  case bn254Add = "bn254-add"
  case bn254Multiply = "bn254-multiply"
  case bn254Pairing = "bn254-pairing"
  case blake2f
  case pointEvaluation = "point-evaluation"
  case bls12381AddG1 = "bls12381-add-g1"
  case bls12381MultiplyG1 = "bls12381-multiply-g1"
  case bls12381AddG2 = "bls12381-add-g2"
  case bls12381MultiplyG2 = "bls12381-multiply-g2"
  case bls12381Pairing = "bls12381-pairing"
  case bls12381MapToG1 = "bls12381-map-to-g1"
  case bls12381MapToG2 = "bls12381-map-to-g2"
  case transaction
  case vmTransaction = "vm-transaction"
  case header
  case rlp
  case abi
  case json
  case rpc
  case http
  case webSocket = "websocket"
  case guest
  case storedRecord = "stored-record"
  case storedBlock = "stored-block"
  case tree
  case submission
  case stateDump = "state-dump"
  case journalEntry = "journal-entry"
  case programProof = "program-proof"
  case verification

  public func run(_ input: UnsafeRawBufferPointer) {
    switch self {
    case .interpreter: InterpreterTarget.run(input)
    case .zksyncInterpreter: ZKsyncTarget.run(input)
    case .ecrecover: PrecompileTarget.run(.ecrecover, input)
    case .sha256: PrecompileTarget.run(.sha256, input)
    case .ripemd160: PrecompileTarget.run(.ripemd160, input)
    case .identity: PrecompileTarget.run(.identity, input)
    case .modexp: PrecompileTarget.run(.modexp, input)
    case .bn254Add: PrecompileTarget.run(.bn254Add, input)
    case .bn254Multiply: PrecompileTarget.run(.bn254Multiply, input)
    case .bn254Pairing: PrecompileTarget.run(.bn254Pairing, input)
    case .blake2f: PrecompileTarget.run(.blake2f, input)
    case .pointEvaluation: PrecompileTarget.run(.pointEvaluation, input)
    case .bls12381AddG1: PrecompileTarget.run(.bls12381AddG1, input)
    case .bls12381MultiplyG1: PrecompileTarget.run(.bls12381MultiplyG1, input)
    case .bls12381AddG2: PrecompileTarget.run(.bls12381AddG2, input)
    case .bls12381MultiplyG2: PrecompileTarget.run(.bls12381MultiplyG2, input)
    case .bls12381Pairing: PrecompileTarget.run(.bls12381Pairing, input)
    case .bls12381MapToG1: PrecompileTarget.run(.bls12381MapToG1, input)
    case .bls12381MapToG2: PrecompileTarget.run(.bls12381MapToG2, input)
    case .transaction: DecoderTargets.transaction(input)
    case .vmTransaction: DecoderTargets.vmTransaction(input)
    case .header: DecoderTargets.header(input)
    case .rlp: DecoderTargets.rlp(input)
    case .abi: DecoderTargets.abi(input)
    case .json: DecoderTargets.json(input)
    case .rpc: RPCTarget.run(input)
    case .http: ServerTarget.http(input)
    case .webSocket: ServerTarget.webSocket(input)
    case .guest: GuestTarget.run(input)
    case .storedRecord: StoredTargets.record(input)
    case .storedBlock: StoredTargets.block(input)
    case .tree: TreeTarget.run(input)
    case .submission: StoredTargets.submission(input)
    case .stateDump: L1Targets.stateDump(input)
    case .journalEntry: L1Targets.journalEntry(input)
    case .programProof: ProofTargets.read(input)
    case .verification: ProofTargets.verify(input)
    }
  }
}

/// Traps with a reason that names the broken promise.
func promise(_ isKept: @autoclosure () -> Bool, _ name: StaticString) {
  guard isKept() else { preconditionFailure("broken promise: \(name)") }
}
