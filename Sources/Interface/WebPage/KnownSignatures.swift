import Cryptography
import JSON
import Primitives

/// What calls, errors and events mean whose contracts nobody has described to us: those that many contracts share, as their
/// standards write them, and those of the chain's own contracts.
///
/// Only the declarations stand here; selectors and topics are computed from them.
enum KnownSignatures {
  static let functions = [
    // ERC-20, ERC-2612, wrapped ether
    "transfer(address to,uint256 amount)", "approve(address spender,uint256 amount)",
    "transferFrom(address from,address to,uint256 amount)", "mint(address to,uint256 amount)", "burn(uint256 amount)",
    "balanceOf(address owner)", "totalSupply()", "allowance(address owner,address spender)", "name()", "symbol()",
    "decimals()", "increaseAllowance(address spender,uint256 added)",
    "permit(address owner,address spender,uint256 value,uint256 deadline,uint8 v,bytes32 r,bytes32 s)", "deposit()",
    "withdraw(uint256 amount)",
    // ERC-721, ERC-1155
    "safeTransferFrom(address from,address to,uint256 id)",
    "safeTransferFrom(address from,address to,uint256 id,bytes data)",
    "setApprovalForAll(address operator,bool approved)", "ownerOf(uint256 id)",
    "safeTransferFrom(address from,address to,uint256 id,uint256 amount,bytes data)",
    "safeBatchTransferFrom(address from,address to,uint256[] ids,uint256[] amounts,bytes data)",
    // Many calls in one
    "multicall(bytes[] calls)", "multicall(uint256 deadline,bytes[] calls)",
    "aggregate3((address target,bool allowFailure,bytes callData)[] calls)",
    // Owners and proxies
    "owner()", "transferOwnership(address newOwner)", "renounceOwnership()", "upgradeTo(address implementation)",
    "upgradeToAndCall(address implementation,bytes data)",
    "execTransaction(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,bytes signatures)",
    // Exchanges
    "swapExactTokensForTokens(uint256 amountIn,uint256 amountOutMin,address[] path,address to,uint256 deadline)",
    "swapExactETHForTokens(uint256 amountOutMin,address[] path,address to,uint256 deadline)",
    "swapExactTokensForETH(uint256 amountIn,uint256 amountOutMin,address[] path,address to,uint256 deadline)",
    "exactInputSingle((address tokenIn,address tokenOut,uint24 fee,address recipient,uint256 deadline,uint256 amountIn,uint256 amountOutMinimum,uint160 sqrtPriceLimitX96) params)",
    // The chain's own, on L2 and L1
    "withdraw(address receiver)", "withdrawWithMessage(address receiver,bytes message)", "sendToL1(bytes message)",
    "requestL2TransactionDirect((uint256 chainId,uint256 mintValue,address l2Contract,uint256 l2Value,bytes l2Calldata,uint256 l2GasLimit,uint256 l2GasPerPubdataByteLimit,bytes[] factoryDeps,address refundRecipient) request)",
    "l2TransactionBaseCost(uint256 chainId,uint256 gasPrice,uint256 l2GasLimit,uint256 l2GasPerPubdataByteLimit)",
    "finalizeDeposit((uint256 chainId,uint256 l2BatchNumber,uint256 l2MessageIndex,address l2Sender,uint16 l2TxNumberInBatch,bytes message,bytes32[] merkleProof) params)",
    "finalizeDeposit(address from,address to,address token,uint256 amount,bytes data)", "assetRouter()",
    "L1_NULLIFIER()",
  ]

  static let errors = [
    "Error(string message)", "Panic(uint256 code)",
    "ERC20InsufficientBalance(address sender,uint256 balance,uint256 needed)", "ERC20InvalidSender(address sender)",
    "ERC20InvalidReceiver(address receiver)",
    "ERC20InsufficientAllowance(address spender,uint256 allowance,uint256 needed)",
    "ERC20InvalidApprover(address approver)", "ERC20InvalidSpender(address spender)",
    "ERC721NonexistentToken(uint256 id)", "ERC721IncorrectOwner(address sender,uint256 id,address owner)",
    "OwnableUnauthorizedAccount(address account)", "OwnableInvalidOwner(address owner)",
    "ReentrancyGuardReentrantCall()",
    "Unauthorized(address account)", "WithdrawalAlreadyFinalized()", "BatchNotExecuted(uint256 batch)",
    "InvalidProof()",
    "WrongL2Sender(address sender)", "ValidateTxnNotEnoughGas()", "MsgValueTooLow(uint256 required,uint256 provided)",
  ]

  static let events = [
    "Transfer(address indexed from,address indexed to,uint256 value)",
    "Approval(address indexed owner,address indexed spender,uint256 value)",
    "ApprovalForAll(address indexed owner,address indexed operator,bool approved)",
    "TransferSingle(address indexed operator,address indexed from,address indexed to,uint256 id,uint256 value)",
    "Deposit(address indexed to,uint256 value)", "Withdrawal(address indexed from,uint256 value)",
    "OwnershipTransferred(address indexed previousOwner,address indexed newOwner)",
    "Upgraded(address indexed implementation)",
    "L1MessageSent(address indexed sender,bytes32 indexed hash,bytes message)",
    "Withdrawal(address indexed l2Sender,address indexed l1Receiver,uint256 amount)",
  ]

  /// Declarations by selector or topic, as the page reads them.
  static let json: [UInt8] = {
    var writer = JSONWriter()
    writer.beginObject()
    func table(_ name: String, _ declarations: [String], bytes: Int) {
      writer.key(name)
      writer.beginObject()
      for declaration in declarations {
        let hash = Keccak256.hash(Array(canonical(declaration).utf8))
        writer.key(Hex.encode(hash.bytes.prefix(bytes)))
        writer.string(declaration)
      }
      writer.endObject()
    }
    table("functions", functions, bytes: 4)
    table("errors", errors, bytes: 4)
    table("events", events, bytes: 32)
    writer.endObject()
    return Array(writer.bytes)
  }()

  /// A declaration without the names of its parameters: what selectors are the hash of.
  static func canonical(_ declaration: String) -> String {
    var result = "", isName = false
    for character in declaration {
      if character == " " { isName = true } else if character == "," || character == ")" { isName = false }
      if !isName { result.append(character) }
    }
    return result
  }
}
