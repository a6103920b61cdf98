// What no block could prove, so that clients learn what to do instead.

import JSON
import JSONRPC

extension DevelopmentMethods {
  /// A group of methods that are there in name.
  private struct Refused {
    let names: [String]
    let reason: String
  }

  private static let refused = [
    Refused(
      names: [
        "anvil_impersonateAccount", "hardhat_impersonateAccount", "anvil_stopImpersonatingAccount",
        "hardhat_stopImpersonatingAccount", "anvil_autoImpersonateAccount",
      ],
      reason:
        "impersonation is not supported: every transaction of a block is proved with its signature, and nobody has that "
        + "of another's account. To try what such a call does: eth_call and eth_estimateGas with `from`. On the development L1 "
        + "(port 8545) the method works; a request to the bridgehub from an impersonated account comes to L2 as that account's"
    ),
    Refused(
      names: [
        "anvil_setStorageAt", "hardhat_setStorageAt", "anvil_setCode", "hardhat_setCode", "anvil_setNonce",
        "hardhat_setNonce", "evm_setAccountNonce", "anvil_setChainId", "anvil_loadState", "hardhat_loadState",
      ],
      reason:
        "writing the state is not supported: a proof shows what transactions did, and no transaction did this. To try "
        + "what would follow: eth_call, eth_estimateGas and debug_traceCall with state overrides. On the development L1 (port "
        + "8545) the method works"),
    Refused(
      names: [
        "anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas", "anvil_setCoinbase",
        "hardhat_setCoinbase", "anvil_setBlockGasLimit", "evm_setBlockGasLimit",
      ],
      reason:
        "what blocks are made with is the operator's: sequencer_base_fee, sequencer_max_block_gas and their like, at the "
        + "start of the node. On the development L1 (port 8545) the method works"),
    Refused(
      names: ["anvil_setTime", "evm_setTime"],
      reason:
        "the chain's time is not set: it goes forward only, by evm_increaseTime and evm_setNextBlockTimestamp. On the "
        + "development L1 (port 8545) the method works"),
    Refused(
      names: ["anvil_reset", "hardhat_reset"],
      reason:
        "a chain is not reset while it runs: stop the node, remove its databases as a whole (sequencer_rocks_db_path), "
        + "and start it"),
  ]

  func addRefusedMethods(to table: inout MethodTable) {
    for group in Self.refused {
      let error = RPCError.refused(group.reason)
      for name in group.names {
        table.add(name, .inline, "Not offered.", refusals: [.init(-32_000, group.reason)]) {
          (_, _, _) throws(RPCError) in throw error
        }
      }
    }
  }
}
