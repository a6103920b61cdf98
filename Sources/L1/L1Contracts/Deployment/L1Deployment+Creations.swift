import Primitives

extension L1Deployment {
  /// One contract to create.
  public struct Creation: Sendable {
    /// The name of its source in `contracts/l1`.
    public let name: String
    /// Where it will be, if its transaction is the deployer's next.
    public let address: Address
    /// Input of the creating transaction.
    public let initCode: [UInt8]
  }

  /// The contracts in the order in which the deployer creates them.
  public var creations: [Creation] {
    [
      Creation(
        name: "Bridgehub", address: bridgehub,
        initCode: CreationCode.bridgehub.initCode {
          $0.append(options.l2ChainID)
          $0.append(chain)
          $0.append(chainTypeManager)
          $0.append(assetRouter)
          $0.append(etherAssetID)
        }),
      Creation(
        name: "ChainTypeManager", address: chainTypeManager,
        initCode: CreationCode.chainTypeManager.initCode {
          $0.append(options.l2ChainID)
          $0.append(chain)
          $0.append(validatorTimelock)
          $0.append(options.admin)
          $0.append(options.storedBatchZero)
        }),
      Creation(
        name: "ValidatorTimelock", address: validatorTimelock,
        initCode: CreationCode.validatorTimelock.initCode {
          $0.append(options.l2ChainID)
          $0.append(chainTypeManager)
          $0.append(options.admin)
          $0.append(options.validator)
          $0.append(UInt256(UInt64(options.executionDelay)))
        }),
      Creation(name: "Chain", address: chain, initCode: CreationCode.chain.initCode { appendChainConfig(to: &$0) }),
      Creation(name: "DAValidator", address: daValidator, initCode: CreationCode.daValidator.initCode()),
      Creation(name: "TestVerifier", address: verifier, initCode: CreationCode.testVerifier.initCode()),
      Creation(
        name: "AssetRouter", address: assetRouter,
        initCode: CreationCode.assetRouter.initCode {
          $0.append(bridgehub)
          $0.append(nullifier)
          $0.append(tokenVault)
          $0.append(etherAssetID)
        }),
      Creation(
        name: "TokenVault", address: tokenVault,
        initCode: CreationCode.tokenVault.initCode {
          $0.append(options.l2ChainID)
          $0.append(assetRouter)
        }),
      Creation(
        name: "Nullifier", address: nullifier,
        initCode: CreationCode.nullifier.initCode {
          $0.append(bridgehub)
          $0.append(assetRouter)
          $0.append(options.withdrawalHelper)
        }),
    ]
  }

  /// The struct `Config` of `Chain.vy`, twelve static words.
  private func appendChainConfig(to writer: inout ABIWriter) {
    writer.append(options.l2ChainID)
    writer.append(bridgehub)
    writer.append(chainTypeManager)
    writer.append(validatorTimelock)
    writer.append(daValidator)
    writer.append(verifier)
    writer.append(options.admin)
    writer.append(etherAssetID)
    writer.append(options.storedBatchZero)
    writer.append(options.timestampWindow)
    writer.append(options.priorityTxMaxGasLimit)
    writer.append(options.hasForcedDeposit)
  }

  /// Init code of the contract of L2 whose withdrawals anybody may finalize.
  ///
  /// - Parameter l1SharedBridge: the asset router on L1, where clients are sent to finalize.
  public static func withdrawalHelper(l1SharedBridge: Address) -> [UInt8] {
    CreationCode.withdrawalHelper.initCode { $0.append(l1SharedBridge) }
  }
}
