import Airbender
import FRIProofs
import Primitives
import Testing
import ZKsyncOS

@Suite("Chains of programs")
struct ProgramChainTests {
  /// Verification keys of programs: the guests' computed with the proving system's own code, those of the recursion programs
  /// as zksync-airbender publishes them (`tools/verifier/*.vk.json`).
  private static let guests: [ProtocolVersion: [UInt32]] = [
    .v0_0_5: [
      1_665_676_942, 2_588_939_954, 1_565_240_316, 1_796_635_230, 1_850_912_383, 1_534_844_385, 4_245_363_269,
      3_104_068_333,
    ],
    .v0_0_4: [
      1_166_739_932, 2_721_017_612, 4_219_577_655, 3_274_844_744, 2_560_835_222, 3_149_645_770, 532_947_946,
      1_471_022_012,
    ],
  ]
  private static let recursions: [String: [UInt32]] = [
    "v0.3.3": [
      72_745_303, 1_506_611_631, 1_846_034_279, 3_618_029_582, 1_424_046_133, 796_512_958, 1_693_277_517, 559_469_650,
    ],
    "v0.3.1": [
      2_612_442_468, 2_256_226_174, 2_670_920_667, 2_950_410_666, 2_546_712_730, 3_236_956_941, 181_271_563,
      2_017_745_720,
    ],
  ]

  @Test("the known chains are the hashes of their programs' keys")
  func known() throws {
    #expect(ProgramChain.known.count == 4)
    for chain in ProgramChain.known {
      let guest = PublicInputRegisters.bytes(try #require(Self.guests[chain.guest]))
      let recursion = PublicInputRegisters.bytes(try #require(Self.recursions[chain.recursion]))
      #expect(chain.hash == ProgramChain.extend(ProgramChain.extend(.zero, with: guest), with: recursion))
      #expect(ProgramChain.known(hash: chain.hash) == chain)
    }
    #expect(Set(ProgramChain.known.map(\.hash)).count == 4)
    #expect(ProgramChain.known(hash: .zero) == nil)
  }

  @Test("every version has its guest's chains", arguments: ProtocolVersion.allCases)
  func versions(_ version: ProtocolVersion) {
    #expect(ProgramChain.known(of: version).map(\.recursion) == ["v0.3.3", "v0.3.1"])
  }

  @Test("the text of a hash has the words' least significant bytes first")
  func text() throws {
    let chain = try #require(ProgramChain.known(of: .v0_0_5).first)
    // 2914915295 is 0xadbe13df, 2090441745 is 0x7c999c11.
    #expect("\(chain.hash)".hasPrefix("0xdf13bead") && "\(chain.hash)".hasSuffix("119c997c"))
    #expect(Bytes32(hex: "\(chain.hash)") == chain.hash)
    #expect("\(chain)" == "guest v0_0_5, recursion of airbender v0.3.3")
  }
}
