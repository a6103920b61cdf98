import L1Client

/// Why a look at L1 comes to nothing.
enum SettlerProblem: Error, Sendable {
  /// L1 is away or does not do what it should: it is asked again.
  case l1(L1Error)
  /// L1 changed while it was looked at: it is looked at again at once.
  case moved
  /// This is not the L1 that the chain settles on. Nothing is sent as long as it says so.
  case wrong(String)
  case store(SettlementStoreError)
  case batches(BatchSourceError)
}

extension SettlerProblem: CustomStringConvertible {
  var description: String {
    switch self {
    case .l1(let error): "\(error)"
    case .moved: "L1 changes while it is looked at"
    case .wrong(let reason): reason
    case .store(let error): "\(error)"
    case .batches(let error): "batches cannot be read: \(error)"
    }
  }
}

func asking<R: Sendable>(
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws(L1Error) -> R
) async throws(SettlerProblem) -> R {
  do throws(L1Error) { return try await body() } catch { throw .l1(error) }
}

func storing<R>(_ body: () throws(SettlementStoreError) -> R) throws(SettlerProblem) -> R {
  do throws(SettlementStoreError) { return try body() } catch { throw .store(error) }
}

func reading<R>(_ body: () throws(BatchSourceError) -> R) throws(SettlerProblem) -> R {
  do throws(BatchSourceError) { return try body() } catch { throw .batches(error) }
}
