// Calls that are made at the same time: an L1 that is far away is asked often enough one after the other.

/// Makes a call for each element, all at the same time; the answers are in their order.
package func together<Element: Sendable, R: Sendable>(
  _ elements: [Element], _ body: @escaping @Sendable (Element) async throws(L1Error) -> R
) async -> [Result<R, L1Error>] {
  await withTaskGroup(of: (Int, Result<R, L1Error>).self) { group in
    for (place, element) in elements.enumerated() {
      group.addTask { (place, await answer { () throws(L1Error) in try await body(element) }) }
    }
    var answers = [Result<R, L1Error>](repeating: .failure(.timedOut), count: elements.count)
    for await (place, answer) in group { answers[place] = answer }
    return answers
  }
}

/// A call whose answer is looked at later, for calls that are made at the same time.
package func answer<R: Sendable>(_ body: () async throws(L1Error) -> R) async -> Result<R, L1Error> {
  do throws(L1Error) { return .success(try await body()) } catch { return .failure(error) }
}
