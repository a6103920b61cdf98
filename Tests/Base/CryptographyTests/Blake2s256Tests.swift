import Cryptography
import Primitives
import RandomTesting
import Testing

@Suite("BLAKE2s-256")
struct Blake2s256Tests {
  /// Byte i of the message of length n is (7·i + n) mod 256; the digests are those of Python's `hashlib.blake2s`.
  static let digests: [(length: Int, digest: String)] = [
    (0, "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"),
    (1, "fc87f4f1d721942d282aa61989c069b290d1447d20d4b811430f47ea0edf9991"),
    (31, "2a3ef4cb5c34941e55962f896d259f3f237b33a78782e9989dffcd7ed29b935d"),
    (32, "7aab19c42031c00d54347fd1905886a655fbaf5d68308e33209ae4fc30d441a1"),
    (63, "5c9eb3e5acf93799a68777f27cdde8e90cb16d511b7983a875ac5dbfa8aca778"),
    (64, "85de17b4e2581889b98b948346a970b5291b5d2a2a8ee75b1aa2bbb02b98b211"),
    (65, "1c1a9619a26d7cd550199567e5c316eb3db33d96c29790a6c68ba7f1ee8a8803"),
    (72, "29e6da72cff45769f2ffa56006184c64a789aabe06d5fc8babb376a0bd7b9d00"),
    (127, "440d16085a6e3685c5cbc450b56cb4cb71a3f707e5eae0d4ca18715a41583fc7"),
    (128, "46bf7abf397f8c8f86566279cba2505c9d255be7409760dc327ae520faaf356a"),
    (129, "030e44da1226be0765e3ff31a849aca32cb20222ac3dc32ff10670dc95b22534"),
    (200, "6b7b1be88a9b638f2cc3333bd6c6e70e138b8e62e308dbea4e761b12f76b758b"),
    (1000, "802d01c1238627f67baee29885006cfaab1f07890532935a1ae9354d318df150"),
  ]

  static func message(_ length: Int) -> [UInt8] { (0..<length).map { UInt8(truncatingIfNeeded: 7 * $0 + length) } }

  @Test("Lengths around the block size give the known digests", arguments: digests)
  func knownDigests(length: Int, digest: String) {
    #expect(Blake2s256.hash(Self.message(length)) == Bytes32(hex: digest))
  }

  @Test("The example of RFC 7693, appendix B")
  func example() {
    #expect(
      Blake2s256.hash(Array("abc".utf8)).description
        == "0x508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982")
  }

  @Test("A message in pieces has the digest of the whole, however it is cut")
  func incremental() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<300 {
      let message = random.bytes(Int.random(in: 0...400, using: &random))
      var hasher = Blake2s256()
      var rest = message[...]
      while !rest.isEmpty {
        let count = Int.random(in: 0...min(rest.count, 130), using: &random)
        hasher.update(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      #expect(hasher.finalize() == Blake2s256.hash(message))
    }
  }

  /// The same messages after seven rounds. The digests are those of a transcription of RFC 7693 to Python with the number of
  /// rounds as a parameter, which gives the digests of `hashlib.blake2s` for ten.
  static let reducedDigests: [(length: Int, digest: String)] = [
    (0, "fbd2e88caefa671e6f9d421972078e36afb0a10c6cbd1bbdf803935e8206eb39"),
    (1, "cd3df94b386b7a27f529509ccf489730c827e45cde7de09b277e083bdefd4f13"),
    (48, "ad985d8d5d8fa228d20e7182b5c7b33c39166445496a08f9b11b7fc1910b8935"),
    (64, "8bc2c86c3f2626e614f326bea554cbf4a65043b53fee9aabc4218a85345e3277"),
    (65, "06f093a229b1625c4d45d7a4e28358d475edfed2fe502667d56ac50712148497"),
    (128, "660fb7bff8a7fcaf8b86921e98baf6786344af2a5aff721049460e0da242f1dc"),
    (4100, "a94f70aff290c3acbaeeca2e04b6300ce7aa06bec64c22d57f8de26aff256377"),
  ]

  @Test("After seven rounds", arguments: reducedDigests)
  func sevenRounds(length: Int, digest: String) {
    #expect(Blake2s256.hash(Self.message(length), rounds: .seven) == Bytes32(hex: digest))
  }

  @Test("Asking for the digest does not end the message")
  func digestOfPrefix() {
    let message = Self.message(200)
    var hasher = Blake2s256()
    for cut in [0, 1, 63, 64, 65, 128, 200] {
      hasher = Blake2s256()
      hasher.update(Array(message[..<cut]))
      #expect(hasher.finalize() == Blake2s256.hash(message[..<cut]))
      hasher.update(Array(message[cut...]))
      #expect(hasher.finalize() == Blake2s256.hash(message))
    }
  }

  @Test("Two children hash like their 64 bytes")
  func pair() {
    var random = SplitMix64(seed: 2)
    for _ in 0..<20 {
      let left = random.bytes32(), right = random.bytes32()
      #expect(Blake2s256.hash(left, right) == Blake2s256.hash(left.bytes + right.bytes))
      var hasher = Blake2s256()
      hasher.update(left)
      hasher.update(right)
      #expect(hasher.finalize() == Blake2s256.hash(left, right))
    }
  }

  @Test(
    "A batch gives each message's own digest, whatever the count and the length",
    arguments: [Blake2s256.Rounds.ten, .seven])
  func batch(rounds: Blake2s256.Rounds) {
    var random = SplitMix64(seed: 3)
    for length in [0, 1, 31, 32, 63, 64, 65, 68, 72, 124, 127, 128, 129, 192, 300] {
      for count in [0, 1, 7, 8, 9, 16, 23] {
        let messages = random.bytes(length * count)
        var digests = [UInt8](repeating: 0xee, count: 32 * count + 1)
        messages.withUnsafeBytes { source in
          digests.withUnsafeMutableBytes {
            Blake2s256.hashBatch(source, length: length, count: count, into: $0, rounds: rounds)
          }
        }
        for index in 0..<count {
          let expected = Blake2s256.hash(Array(messages[length * index..<length * (index + 1)]), rounds: rounds)
          #expect(Bytes32(digests[32 * index..<32 * (index + 1)]) == expected, "length \(length), message \(index)")
        }
        #expect(digests.last == 0xee, "nothing is written past the digests")
      }
    }
  }

  @Test("A level of a tree can be hashed in place")
  func inPlace() {
    var random = SplitMix64(seed: 4)
    for count in [1, 8, 21] {
      let nodes = (0..<2 * count).map { _ in random.bytes32() }
      var level = nodes
      level.withUnsafeMutableBytes {
        Blake2s256.hashPairs(UnsafeRawBufferPointer($0), count: count, into: $0)
      }
      for index in 0..<count {
        #expect(level[index] == Blake2s256.hash(nodes[2 * index], nodes[2 * index + 1]))
      }
    }
  }

  @Test("Nothing at all is the empty message")
  func nothing() {
    let digest = Bytes32(hex: Self.digests[0].digest)
    #expect(Blake2s256.hash(UnsafeRawBufferPointer(start: nil, count: 0)) == digest)
    var hasher = Blake2s256()
    hasher.update([])
    #expect(hasher.finalize() == digest)
  }
}
