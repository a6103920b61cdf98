import ArgumentParser
import Concurrency
import JSON
import JSONRPC
import NIOCore

/// Clients that trace blocks while others send transactions, each one after the other.
struct TracingLoad: Sendable {
  private let client: JSONRPCClient
  private let clients: Int

  init(url: String, clients: Int, on loop: any EventLoop) throws {
    client = try JSONRPCClient(url: url, connections: max(1, clients), on: loop)
    self.clients = clients
  }

  /// Traces recent blocks, and says how many.
  func run(seconds: Int) async -> String {
    let end = MonotonicClock.nanoseconds + UInt64(seconds) * 1_000_000_000
    let counts = Monitor((traced: 0, transactions: 0, refused: 0))
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<clients {
        group.addTask {
          while MonotonicClock.nanoseconds < end {
            do {
              let transactions = try await trace(behind: UInt64(index + 1))
              counts.update { $0 = ($0.traced + 1, $0.transactions + transactions, $0.refused) }
            } catch {
              counts.update { $0.refused += 1 }
              try? await Task.sleep(for: .milliseconds(20))
            }
          }
        }
      }
    }
    let (traced, transactions, refused) = counts.read { $0 }
    return "blocks traced".padded(to: 28) + " \(traced) with \(transactions) transactions, \(refused) refused"
  }

  func end() async { await client.shutdown() }

  /// Traces the block that stands `distance` behind the head; how many transactions it has.
  private func trace(behind distance: UInt64) async throws -> Int {
    guard let head = try await client.call("eth_blockNumber").quantity64, head > distance else {
      throw ValidationError("there are too few blocks")
    }
    let traces = try await client.call("debug_traceBlockByNumber") {
      $0.quantity(head - distance)
      $0.raw("{\"tracer\":\"callTracer\"}")
    }
    return traces.elements(atMost: .max)?.count ?? 0
  }
}
