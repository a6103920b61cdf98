/// Which of the proving machines a program is for. Each has a circuit of its own, and only what a circuit knows can be
/// proved: an instruction that the machine lacks ends a run.
public enum MachineKind: String, Sendable, CaseIterable {
  /// RV32IM, BLAKE2s rounds and 256-bit integers: what a chain's guest runs on. Source: zksync-airbender
  /// `risc_v_simulator/src/cycle/mod.rs`, `IMStandardIsaConfig`.
  case standard
  /// RV32I on whole words only, without multiplication and division, BLAKE2s rounds, and three operations of the field of
  /// 2³¹ − 1 elements: what programs that verify proofs run on, recursion among them. Source: the same,
  /// `IWithoutByteAccessIsaConfigWithDelegation`.
  case recursion
}
