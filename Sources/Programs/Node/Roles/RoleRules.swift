import NodeOptions

/// Settings that contradict what a node is said to be.
enum RoleRules {
  /// Why the configuration is none for its role; `nil` where it is.
  static func objection(_ configuration: NodeConfiguration) -> StartError? {
    let replication = configuration.replication
    guard replication.role == .read else {
      func no(_ option: String, _ reason: String) -> StartError {
        .notForRole(replication.role, option: option, reason: reason)
      }
      if replication.mainNode != nil {
        return no("main_node_url", "a node that builds blocks follows no other: set node_role=read")
      }
      if !replication.servesRPC {
        return no("rpc_component_enabled", "a node that builds blocks gets transactions there")
      }
      if !replication.keepsTree {
        return no("tree_component_enabled", "a node that builds blocks needs the state tree")
      }
      return nil
    }
    func no(_ option: String, _ reason: String) -> StartError { .notForRole(.read, option: option, reason: reason) }
    if replication.mainNode == nil {
      return no("main_node_url", "it is not set, and says whom a read node follows")
    }
    if configuration.developmentL1.isEnabled {
      return no("development_l1_enabled", "the L1 of a chain is beside the node that builds its blocks")
    }
    if configuration.development.hasMethods {
      return no("development_methods_enabled", "blocks are made by the node that builds them")
    }
    if configuration.proverAPI.isEnabled {
      return no("prover_api_component_enabled", "batches are made and proved by the node that builds the blocks")
    }
    if configuration.proverAPI.fakeProvers > 0 {
      return no("prover_api_fake_provers", "batches are made and proved by the node that builds the blocks")
    }
    return nil
  }
}
