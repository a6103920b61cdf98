import Cryptography
import EVM
import Ethereum
import JSON
import Primitives

/// The block of a state test.
package struct Environment: Sendable {
  let coinbase: Address
  let gasLimit: UInt64
  let number: UInt64
  let timestamp: UInt64
  let difficulty: UInt256
  let random: UInt256?
  let baseFee: UInt256?
  let excessBlobGas: UInt64
  package let chainID: UInt64

  init(_ value: JSONValue, chainID: UInt64) throws(StateTestError) {
    coinbase = try value.require("currentCoinbase").address.orMissing("currentCoinbase")
    gasLimit = try value.require("currentGasLimit").number("currentGasLimit").saturatedUInt64
    number = try value.require("currentNumber").number("currentNumber").saturatedUInt64
    timestamp = try value.require("currentTimestamp").number("currentTimestamp").saturatedUInt64
    difficulty = try value["currentDifficulty"]?.number("currentDifficulty") ?? .zero
    random = try value["currentRandom"]?.number("currentRandom")
    baseFee = try value["currentBaseFee"]?.number("currentBaseFee")
    excessBlobGas = try value["currentExcessBlobGas"]?.number("currentExcessBlobGas").saturatedUInt64 ?? 0
    self.chainID = chainID
  }

  package func block(_ revision: Revision) -> BlockEnvironment {
    BlockEnvironment(
      number: number, timestamp: timestamp, gasLimit: gasLimit, coinbase: coinbase,
      prevRandao: revision >= .paris ? random ?? .zero : difficulty,
      baseFee: revision >= .london ? baseFee ?? 10 : .zero, excessBlobGas: excessBlobGas, chainID: chainID,
      // State tests have no ancestors; the hash of block n is that of its decimal digits.
      blockHash: { Keccak256.hash(Array(String($0).utf8)) })
  }
}
