import Primitives

/// The encoding of changed values in pubdata.
///
/// A metadata byte holds the payload's length above three bits of type; see zksync-os
/// `zk_ee/src/common_structs/pubdata_compression.rs`.
package enum PubdataCompression {
  private enum Kind: UInt8 {
    case nothing, add, subtract, transform
  }

  /// The shortest form of a change from `initial` to `final`; of equally short ones the first in the order nothing,
  /// add, subtract, transform.
  private static func choose(_ initial: UInt256, _ final: UInt256) -> (kind: Kind, payload: UInt256, length: Int) {
    var best = (kind: Kind.nothing, payload: final, length: 32)
    func consider(_ kind: Kind, _ payload: UInt256) {
      let length = byteCount(payload)
      if length < 32 && length < best.length { best = (kind, payload, length) }
    }
    let (difference, isNegative) = final.subtractingReportingOverflow(initial)
    if isNegative { consider(.subtract, .zero &- difference) } else { consider(.add, difference) }
    consider(.transform, final)
    return best
  }

  /// Bytes that `append(from:to:into:)` adds.
  package static func length(from initial: UInt256, to final: UInt256) -> Int { 1 + choose(initial, final).length }

  package static func append(from initial: UInt256, to final: UInt256, into bytes: inout [UInt8]) {
    let (kind, payload, length) = choose(initial, final)
    bytes.append(kind == .nothing ? 0 : UInt8(length) << 3 | kind.rawValue)
    Bytes32(payload).withUnsafeBytes { bytes += $0[(32 - length)...] }
  }

  private static func byteCount(_ value: UInt256) -> Int { (value.bitWidth + 7) / 8 }

  // MARK: Accounts

  /// Bytes of the diff of an account; 0 where nothing changed.
  package static func accountLength(
    from old: AccountProperties, to new: AccountProperties, isCodePrivate: Bool, _ version: ProtocolVersion
  ) -> Int {
    if old == new { return 0 }
    let nonce = length(from: UInt256(old.nonce), to: UInt256(new.nonce))
    let balance = length(from: old.balance, to: new.balance)
    if isOnlyNonceAndBalance(old, new) {
      return 1 + (old.nonce == new.nonce ? 0 : nonce) + (old.balance == new.balance ? 0 : balance)
    }
    let code = isCodePrivate ? 32 : 4 + new.storedCodeLength(version)
    // Both versions count four bytes for the artifacts' length, although one does not always write them.
    return 1 + 8 + nonce + balance + code + 4 + 4
  }

  /// Bytes that `appendAccount` adds: what the account is charged for, less four where the length of artifacts is counted
  /// and not written.
  static func accountBodyLength(
    from old: AccountProperties, to new: AccountProperties, isCodePrivate: Bool, _ version: ProtocolVersion
  ) -> Int {
    let charged = accountLength(from: old, to: new, isCodePrivate: isCodePrivate, version)
    let isUnwritten = isCodePrivate && !version.unpublishedCodeDiffHasArtifactsLength
    return isUnwritten && !isOnlyNonceAndBalance(old, new) ? charged - 4 : charged
  }

  /// Appends the diff of an account that changed; `code` gives its stored code where that is published.
  package static func appendAccount(
    from old: AccountProperties, to new: AccountProperties, isCodePrivate: Bool, _ version: ProtocolVersion,
    code: () -> [UInt8], into bytes: inout [UInt8]
  ) {
    let marker: UInt8 = 4
    let nonceChanged = old.nonce != new.nonce, balanceChanged = old.balance != new.balance
    if isOnlyNonceAndBalance(old, new) {
      bytes.append(marker | (nonceChanged ? 1 << 3 : 0) | (balanceChanged ? 2 << 3 : 0))
      if nonceChanged { append(from: UInt256(old.nonce), to: UInt256(new.nonce), into: &bytes) }
      if balanceChanged { append(from: old.balance, to: new.balance, into: &bytes) }
      return
    }
    bytes.append(marker | (isCodePrivate ? 4 << 3 : 0))
    bytes.append(bigEndian: new.versioning)
    append(from: UInt256(old.nonce), to: UInt256(new.nonce), into: &bytes)
    append(from: old.balance, to: new.balance, into: &bytes)
    if isCodePrivate {
      bytes.append(new.bytecodeHash)
      if version.unpublishedCodeDiffHasArtifactsLength { bytes.append(bigEndian: new.artifactsLength) }
    } else if version.storesJumpBitmap {
      bytes.append(bigEndian: new.codeLength)
      bytes.append(bigEndian: new.artifactsLength)
      bytes.append(contentsOf: code())
    } else {
      bytes.append(bigEndian: new.codeLength)
      bytes.append(contentsOf: code())
      bytes.append(bigEndian: new.artifactsLength)
    }
    bytes.append(bigEndian: new.observableCodeLength)
  }

  private static func isOnlyNonceAndBalance(_ old: AccountProperties, _ new: AccountProperties) -> Bool {
    var same = new
    same.nonce = old.nonce
    same.balance = old.balance
    return same == old
  }
}
