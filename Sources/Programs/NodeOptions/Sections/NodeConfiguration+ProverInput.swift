import ProverInput

extension NodeConfiguration {
  /// How prover inputs are made.
  public struct ProverInput: OptionSection {
    static let title = "Prover input"

    public var mode: ProverInputMode
    /// Path of the guest's image; empty where there is none.
    public var image: String

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      mode = try read(
        "prover_input_mode", default: "native", .word,
        "where prover inputs come from: native, guest (needs the image), or both, compared")
      image = try read("prover_input_image", default: "", .optionalPath, "the guest's image, server_app.bin")
    }
  }
}
