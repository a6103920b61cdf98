import Files
import Primitives
import Transactions
import ZKsyncOS

/// What is known of a block that came out differently here: enough to execute it elsewhere and to see what each transaction
/// did.
struct DivergenceReport {
  private let number: UInt64
  private let record: [UInt8]
  private let text: String

  init(_ record: ReplayRecord, _ error: ReplayError, on state: any StateView) {
    number = record.context.number
    self.record = record.encode()
    var lines = ["\(error)", "", "what each transaction did here:"]
    do {
      var executor = try BlockExecutor(context: record.context, state: state)
      for (index, transaction) in record.transactions.enumerated() {
        switch try executor.execute(transaction) {
        case .included(let result):
          lines.append(
            "\(index) \(transaction.hash) \(result.succeeded ? "succeeded" : "failed") gas=\(result.gasUsed) "
              + "native=\(result.nativeUsed) pubdata=\(result.pubdataUsed) logs=\(result.logs.count)")
        case .rejected(let reason): lines.append("\(index) \(transaction.hash) refused: \(reason)")
        case .exceeded(let resource): lines.append("\(index) \(transaction.hash) takes too much: \(resource)")
        }
      }
      let output = try executor.seal()
      lines += [
        "", "block \(output.blockHash)", "output \(output.outputHash)", "header \(output.header)", "",
        "writes to the state:",
      ]
      lines += output.storageWrites.map { "\($0.address) \($0.key) \($0.value)" }
    } catch {
      lines.append("it cannot be executed to the end: \(error)")
    }
    text = lines.joined(separator: "\n") + "\n"
  }

  /// Writes `record.bin`, a ``ReplayRecord``, and `report.txt`, and names their folder; `nil` where that does not succeed.
  func write(in folder: String) -> String? {
    let place = folder + "/block-\(number)"
    do throws(FileError) {
      try Files.makeFolder(place)
      try Files.write(record, to: place + "/record.bin")
      try Files.write(Array(text.utf8), to: place + "/report.txt")
    } catch {
      return nil
    }
    return place
  }
}
