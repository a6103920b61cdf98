import CEVMC
import Cryptography
import EVM
import Primitives

extension EVMCContext {
  /// The table through which an EVMC machine reaches the world.
  static func makeCallbacks() -> evmc_host_interface {
    var table = evmc_host_interface()
    table.account_exists = { context, address in
      let host = EVMCContext.at(context)
      return !host.pointee.host.isEmpty(Address(address!.pointee))
    }
    table.get_storage = { context, address, key in
      evmc_bytes32(
        EVMCContext.at(context).pointee.host.state.peekStorage(Address(address!.pointee), UInt256(key!.pointee)))
    }
    table.set_storage = { context, address, key, value in
      Int32(
        EVMCContext.at(context).pointee.store(
          Address(address!.pointee), UInt256(key!.pointee), UInt256(value!.pointee)))
    }
    table.get_balance = { context, address in
      evmc_bytes32(EVMCContext.at(context).pointee.host.peekBalance(Address(address!.pointee)))
    }
    table.get_code_size = { context, address in
      EVMCContext.at(context).pointee.host.state.code(Address(address!.pointee))?.count ?? 0
    }
    table.get_code_hash = { context, address in
      let host = EVMCContext.at(context)
      let address = Address(address!.pointee)
      return host.pointee.host.isEmpty(address)
        ? evmc_bytes32() : evmc_bytes32(host.pointee.host.state.codeHash(address))
    }
    table.copy_code = { context, address, offset, buffer, count in
      guard let code = EVMCContext.at(context).pointee.host.state.code(Address(address!.pointee)), offset < code.count
      else { return 0 }
      let copied = min(count, code.count - offset)
      buffer!.update(
        from: code.bytes.baseAddress!.assumingMemoryBound(to: UInt8.self).advanced(by: offset), count: copied)
      return copied
    }
    table.selfdestruct = { context, address, beneficiary in
      let host = EVMCContext.at(context)
      let address = Address(address!.pointee)
      host.pointee.host.transfer(
        from: address, to: Address(beneficiary!.pointee), host.pointee.host.peekBalance(address))
      return host.pointee.host.state.markDestroyed(address)
    }
    table.call = { context, message in EVMCContext.call(EVMCContext.at(context), message!.pointee) }
    table.get_tx_context = { context in EVMCContext.at(context).pointee.transaction }
    table.get_block_hash = { context, number in
      evmc_bytes32(EVMCContext.at(context).pointee.host.blockHash(UInt64(clamping: number)))
    }
    table.emit_log = { context, address, data, count, topics, topicCount in
      var list = Topics()
      for index in 0..<topicCount { list.append(Bytes32(UInt256(topics![index]))) }
      EVMCContext.at(context).pointee.host.emitLog(
        Address(address!.pointee), topics: list, data: UnsafeRawBufferPointer(start: data, count: count))
    }
    table.access_account = { context, address in
      let host = EVMCContext.at(context)
      let address = Address(address!.pointee)
      let isWarm =
        Precompiles.ethereum(address, host.pointee.host.revision) != nil || host.pointee.host.state.warm(address)
      return Int32(isWarm ? EVMC_ACCESS_WARM : EVMC_ACCESS_COLD)
    }
    table.access_storage = { context, address, key in
      let isWarm = EVMCContext.at(context).pointee.host.state.warm(Address(address!.pointee), UInt256(key!.pointee))
      return Int32(isWarm ? EVMC_ACCESS_WARM : EVMC_ACCESS_COLD)
    }
    table.get_transient_storage = { context, address, key in
      evmc_bytes32(
        EVMCContext.at(context).pointee.host.loadTransient(Address(address!.pointee), UInt256(key!.pointee)))
    }
    table.set_transient_storage = { context, address, key, value in
      EVMCContext.at(context).pointee.host.storeTransient(
        Address(address!.pointee), UInt256(key!.pointee), UInt256(value!.pointee))
    }
    return table
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<EVMCContext> {
    context!.assumingMemoryBound(to: EVMCContext.self)
  }
}
