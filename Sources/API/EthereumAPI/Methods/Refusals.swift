// Refusals that several methods share, for their documentation.

import JSONRPC

extension MethodDocumentation.Refusal {
  public static let blockNotFound = Self(-32_000, "block not found")
  public static let stateNotAvailable = Self(-32_000, "the state after the block is not kept")
}
