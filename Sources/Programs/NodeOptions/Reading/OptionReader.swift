/// Some options that belong together, each a property. Its initializer is the one place that declares them: it reads
/// each by its name, with its default, its form and its help.
protocol OptionSection: Sendable {
  /// The heading of the section in help texts and pages.
  static var title: String { get }

  init(_ read: inout OptionReader) throws(ConfigurationError)
}

/// Reads options from where they are set, and remembers what it was asked for: a reader without a source gives every
/// option its default, and so lists them all.
struct OptionReader {
  private(set) var entries: [PrintedConfiguration.Entry] = []
  private let source: ConfigurationSource?
  private var section = ""

  /// - Parameter source: `nil` to list the options.
  init(_ source: ConfigurationSource?) { self.source = source }

  mutating func callAsFunction<Section: OptionSection>(_ section: Section.Type) throws(ConfigurationError) -> Section {
    self.section = section.title
    return try Section(&self)
  }

  /// The value of the option `name`.
  ///
  /// - Parameter defaultText: what counts where the option is not set, as an operator would write it.
  mutating func callAsFunction<Value>(
    _ name: String, default defaultText: String, _ form: OptionForm<Value>, _ help: String
  ) throws(ConfigurationError) -> Value {
    let description = OptionDescription(
      name: name, section: section, defaultText: defaultText, help: help, form: form.expected, isSecret: form.isSecret,
      isList: form.isList, aliases: form.unitSuffixes.map { name + "_" + $0 })
    let setting = try source?.setting(of: name, form)
    let text = setting?.text ?? defaultText
    entries.append(PrintedConfiguration.Entry(option: description, text: text, place: setting?.place))
    return try form.value(of: name, from: text)
  }
}
