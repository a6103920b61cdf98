import JSON

extension MethodTable {
  /// Adds `rpc_modules`, as geth has it: the namespaces of the methods that are in the table by now, each with a version.
  public mutating func addModules() {
    let names = Set(documentation.map { String($0.namespace) }).union(["rpc"]).sorted()
    add(
      "rpc_modules", .inline, "The namespaces of the methods that are served.",
      result: "object from names to versions, which are all 1.0"
    ) { (_, _, writer) in
      writer.beginObject()
      for name in names {
        writer.key(name)
        writer.string("1.0")
      }
      writer.endObject()
    }
  }
}
