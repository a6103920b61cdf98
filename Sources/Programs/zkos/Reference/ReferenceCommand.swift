import ArgumentParser

/// `zkos reference`: the pages of `docs/` that are written from the declarations in the code.
struct ReferenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract:
      "Print a page of docs/, the manual page of the node, or completions of its options, written from the code.")

  enum Page: String, CaseIterable, ExpressibleByArgument {
    case configuration, metrics
    case jsonRPC = "json-rpc"
    case developmentMethods = "development-methods"
    case manual = "man"
    case bash, zsh, fish
  }

  @Argument(help: "The page: configuration, json-rpc, development-methods or metrics; man; bash, zsh or fish.")
  var page: Page

  func run() async throws {
    switch page {
    case .configuration: print(try ConfigurationPage.text(), terminator: "")
    case .jsonRPC: print(try await JSONRPCPage.text(), terminator: "")
    case .developmentMethods: print(try DevelopmentMethodsPage.text(), terminator: "")
    case .metrics: print(try await MetricsPage.text(), terminator: "")
    case .manual: print(try ManualPage.text(), terminator: "")
    case .bash: print(try Completions.bash(), terminator: "")
    case .zsh: print(try Completions.zsh(), terminator: "")
    case .fish: print(try Completions.fish(), terminator: "")
    }
  }
}

/// The parts that Markdown pages share.
enum Markdown {
  /// What stands first in a generated page.
  static func begin(_ title: String, page: ReferenceCommand.Page) -> String {
    "<!-- Written by `make reference` from the code (`zkos reference \(page.rawValue)`). Do not edit. -->\n\n# \(title)\n\n"
  }

  static func table(_ columns: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String {
      "| "
        + cells.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
        .joined(separator: " | ") + " |\n"
    }
    return line(columns) + "|" + String(repeating: " --- |", count: columns.count) + "\n" + rows.map(line).joined()
  }

  static func code(_ text: String) -> String { text.isEmpty ? "" : "`\(text)`" }
}
