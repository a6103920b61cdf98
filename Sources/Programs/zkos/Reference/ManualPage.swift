import Node
import NodeOptions

/// `sequencer(1)`, in the macros of man(7).
enum ManualPage {
  static func text() throws -> String {
    var text = """
      .TH SEQUENCER 1 "" "\(escaped(Version.current))" "ZKsync OS"
      .SH NAME
      sequencer \\- the sequencer of a ZKsync OS chain
      .SH SYNOPSIS
      .B sequencer
      .RB [ \\-\\-profile
      .IR development | production ]
      .RB [ \\-\\-config\\-file
      .IR FILE ]...
      .RB [ \\-\\-repair ]
      .RB [ \\-\\-quiet ]
      .RI [ "OPTION VALUE" ]...
      .br
      .B sequencer \\-\\-print\\-config
      .RB [ \\-\\-diff ]
      .br
      .B sequencer \\-\\-version
      .SH DESCRIPTION
      Turns transactions into blocks, keeps the state of the chain, answers JSON\\-RPC, hands batches to provers and settles
      them on L1.
      Each option may be given on the command line
      .RB ( \\-\\-rpc\\-address ),
      in the environment
      .RB ( RPC_ADDRESS ),
      or in a YAML file
      .RB ( "rpc_address: ..." );
      the command line wins over the environment, the environment over the files, a later file over an earlier one, and the
      profile over the defaults.
      .PP
      SIGINT, SIGTERM and SIGHUP end it in order.
      .SH EXIT STATUS
      0 after a signal, 1 where it could not start or a store failed, 2 where the configuration is at fault.
      .SH OPTIONS

      """
    let options = try NodeConfiguration.options()
    for section in options.map(\.section).uniqued {
      text += ".SS \(escaped(section))\n"
      for option in options where option.section == section {
        text += ".TP\n.BI \\-\\-\(escaped(option.argumentName)) \" \" VALUE\n"
        let standard = option.defaultText.isEmpty ? "" : " Default: \(option.defaultText)."
        text += escaped("\(option.help). VALUE is \(option.form).\(standard)") + "\n"
      }
    }
    return text
  }

  /// Text as it stands in a line of roff: no hyphen is a minus, no line a request.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "\n": escaped += " "
      default: escaped.append(character)
      }
    }
    return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
  }
}
