// Between the words of the EVMC interface and ours.

import CEVMC
import Primitives

extension evmc_bytes32 {
  init(_ number: UInt256) {
    self.init()
    Swift.withUnsafeMutableBytes(of: &self) { number.store(bigEndian: $0.baseAddress!) }
  }

  init(_ bytes: Bytes32) {
    self.init()
    Swift.withUnsafeMutableBytes(of: &self) { bytes.store(to: $0.baseAddress!) }
  }
}

extension evmc_address {
  init(_ address: Address) {
    self.init()
    Swift.withUnsafeMutableBytes(of: &self) { address.store(to: $0.baseAddress!) }
  }
}

extension UInt256 {
  init(_ number: evmc_bytes32) {
    self = Swift.withUnsafeBytes(of: number) { UInt256(bigEndian: $0.baseAddress!) }
  }
}

extension Address {
  init(_ address: evmc_address) {
    self = Swift.withUnsafeBytes(of: address) { Address(loading: $0.baseAddress!) }
  }
}
