import NodeOptions

/// `docs/configuration.md`.
enum ConfigurationPage {
  static func text() throws -> String {
    var text = Markdown.begin("Configuration", page: .configuration)
    text += """
      Each option has one name in three places: `RPC_ADDRESS` in the environment (any case), `rpc_address: …` in a YAML
      file, `--rpc-address …` on the command line. The command line wins over the environment, the environment over the
      files, a later file over an earlier one. Files are named by `--config-file`, again and again, or one by
      `CONFIG_FILE`; there is none by default. A file is one mapping of names to values; an option that takes several
      values takes a YAML list, too.

      `--profile development` (or `NODE_PROFILE`; what `make run` uses) changes defaults for a whole rollup on one machine,
      `--profile production` for a chain with value on it, and refuses to start with fake provers, a development L1, or a
      key for L1 that everybody knows. `--print-config` prints the file that has every option as it would count, with the
      place where each comes from and without secrets; `--print-config --diff` only what is not as by default.
      `zkos config check FILE…` says whether a node would take the files.

      A value of the wrong form, a list or mapping where one value belongs, the same name twice in one place, and an
      unknown name in a file or on the command line stop the start with one line. An unknown name in the environment that
      begins like an option is named in a warning, with the nearest option.

      Durations have a unit: `100ms`, `1.5s`, `5 sec`, `15 min`, `2 hours`, `1 day`, `1 week`. The unit may also stand in the
      name, before a plain number: `SEQUENCER_BLOCK_TIME_MS=100`. `true` is also `1`, `false` also `0`.

      `RUST_LOG`, where it is set, takes the place of `log_level`: `info,mempool=debug`, as in the reference node.

      """
    let options = try NodeConfiguration.options()
    for section in options.map(\.section).uniqued {
      text += "\n## \(section)\n\n"
      text += Markdown.table(
        ["Option", "Default", "Value", "Meaning"],
        options.filter { $0.section == section }.map { option in
          [Markdown.code(option.environmentName), Markdown.code(option.defaultText), option.form, option.help]
        })
    }
    return text
  }
}

extension [String] {
  /// Each once, in the order of the first.
  var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
