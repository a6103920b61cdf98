import Ethereum
import JSON
import Primitives

extension Workload {
  /// What another implementation needs to run the same: the world, and each message with its gas.
  public func write(to json: inout JSONWriter) {
    json.beginObject()
    json.key("name")
    json.string(name)
    json.key("revision")
    json.string("\(revision)")
    json.key("operations")
    json.number(operations)
    json.key("accounts")
    json.beginArray()
    for (address, account) in world.accounts { Workload.write(address, account, to: &json) }
    json.endArray()
    json.key("executions")
    json.beginArray()
    for execution in executions {
      json.beginObject()
      json.key("to")
      json.data(execution.message.address)
      json.key("from")
      json.data(execution.message.caller)
      json.key("input")
      json.data(execution.message.input)
      json.key("gas")
      json.number(execution.gas)
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }

  private static func write(_ address: Address, _ account: Account, to json: inout JSONWriter) {
    json.beginObject()
    json.key("address")
    json.data(address)
    json.key("code")
    json.data(account.code.bytes)
    json.key("nonce")
    json.number(account.nonce)
    json.key("balance")
    json.quantity(account.balance)
    json.key("storage")
    json.beginObject()
    for (key, value) in account.storage {
      json.key(key.hex)
      json.quantity(value)
    }
    json.endObject()
    json.endObject()
  }
}
