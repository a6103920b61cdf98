import Primitives

extension BlockState {
  /// Keccak-256 of the code of each account whose code has changed since the beginning of the block.
  var deployedCode: [Address: Bytes32] {
    var deployed: [Address: Bytes32] = [:]
    for position in 0..<accounts.count {
      let hash = accounts[position].current.observableBytecodeHash
      if hash != accounts[position].initial.observableBytecodeHash { deployed[accounts[position].address] = hash }
    }
    return deployed
  }
}
