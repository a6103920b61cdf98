// swift-tools-version: 6.2
// The sequencer of ZKsync OS chains. Groups and modules stand in layers, the lowest first: a module depends only on what
// stands above it here, and the build refuses an import that is not declared (`docs/architecture.md`).

import PackageDescription

/// The modules that others may build upon, each a library.
let libraries = [
  "Primitives", "Cryptography", "JSON", "Transactions", "EVM", "Tracers", "ZKsyncOS", "Ethereum", "StateTree",
  "Airbender", "ProverInput", "FRIProofs", "RocksDB", "Concurrency", "Telemetry", "HTTP", "JSONRPC", "EthereumAPI",
]

let package = Package(
  name: "zksync-os-sequencer",
  products: libraries.map { .library(name: $0, targets: [$0]) } + [
    // What else the fuzzers of `Fuzz/` read.
    .library(name: "Stored", targets: ["ChainStorage", "ProverService", "AnvilState", "DevelopmentL1"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  ],
  targets: [
    // Base
    .module("Primitives", in: "Base"),
    .module("Concurrency", in: "Base"),
    .module("Files", in: "Base"),
    .system("CSecp256k1", in: "Base", pkgConfig: "libsecp256k1", debian: "libsecp256k1-dev"),
    .system("CLibCrypto", in: "Base", pkgConfig: "libcrypto", debian: "libssl-dev"),
    .system("CGMP", in: "Base", pkgConfig: "gmp", debian: "libgmp-dev"),
    .system("CYaml", in: "Base", pkgConfig: "yaml-0.1", debian: "libyaml-dev"),
    .system("CZlib", in: "Base", pkgConfig: "zlib", debian: "zlib1g-dev"),
    .system("CZstd", in: "Base", pkgConfig: "libzstd", debian: "libzstd-dev"),
    .module("Cryptography", in: "Base", ["Primitives", "CSecp256k1", "CLibCrypto", "CGMP"]),
    .module("Compression", in: "Base", ["CZlib", "CZstd"]),
    .module("JSON", in: "Base", ["Primitives"]),
    .module("Telemetry", in: "Base", ["Concurrency", "JSON", .logging]),
    .tests("CompressionTests", in: "Base", ["Compression"]),
    .tests("ConcurrencyTests", in: "Base", ["Concurrency"]),
    .tests("CryptographyTests", in: "Base", ["Primitives", "Cryptography", "RandomTesting"]),
    .tests("JSONTests", in: "Base", ["Primitives", "JSON", "RandomTesting"]),
    .tests("PrimitivesTests", in: "Base", ["Primitives", "RandomTesting"]),
    .tests("TelemetryTests", in: "Base", ["Concurrency", "JSON", "Telemetry", .logging]),

    // Transport
    .module("HTTP", in: "Transport", ["Concurrency", .nioCore, .nioPosix, .nioHTTP1, .nioWebSocket]),
    .module(
      "JSONRPC", in: "Transport",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Telemetry", "HTTP", .nioCore, .nioPosix, .nioHTTP1,
        .nioWebSocket, .nioSSL, .logging,
      ]),
    .tests("HTTPTests", in: "Transport", ["HTTP", "SocketTesting", "ThreadTesting", .nioPosix]),
    .tests(
      "JSONRPCTests", in: "Transport",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Telemetry", "HTTP", "JSONRPC", "SocketTesting",
        "ThreadTesting", .nioCore, .nioPosix, .logging,
      ]),

    // Execution
    .module("Transactions", in: "Execution", ["Primitives", "Cryptography"]),
    .module("EVM", in: "Execution", ["Primitives", "Concurrency", "Cryptography"]),
    .module("Tracers", in: "Execution", ["Primitives", "Concurrency", "JSON", "Transactions", "EVM"]),
    .module(
      "ZKsyncOS", in: "Execution", ["Primitives", "Concurrency", "Cryptography", "Transactions", "EVM", "Tracers"]),
    .module("Ethereum", in: "Execution", ["Primitives", "Concurrency", "Cryptography", "Transactions", "EVM"]),
    .tests(
      "EVMTests", in: "Execution",
      [
        "Primitives", "Cryptography", "EVM", "Tracers", "RandomTesting", "EVMTesting",
      ], exclude: ["Vectors"]),
    .tests(
      "EthereumTests", in: "Execution",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Transactions", "EVM", "Tracers", "Ethereum", "StateTests",
        "RandomTesting", "EVMTesting",
      ]),
    .tests("TracersTests", in: "Execution", ["Primitives", "Concurrency", "EVM", "Tracers", "EVMTesting"]),
    .tests("TransactionsTests", in: "Execution", ["Primitives", "Cryptography", "Transactions"]),
    .tests(
      "ZKsyncOSTests", in: "Execution",
      [
        "Primitives", "Concurrency", "Cryptography", "Transactions", "EVM", "ZKsyncOS", "StateTree", "RandomTesting",
      ]),

    // API
    .module(
      "EthereumAPI", in: "API",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Telemetry", "JSONRPC", "Transactions", "Tracers",
        .logging,
      ]),
    .tests(
      "EthereumAPITests", in: "API",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Telemetry", "HTTP", "JSONRPC", "Transactions",
        "Tracers", "EthereumAPI", "SocketTesting", "ThreadTesting", .logging, .nioPosix,
      ]),

    // Proving
    .module("StateTree", in: "Proving", ["Primitives", "Concurrency", "Files", "Cryptography"]),
    .module("Airbender", in: "Proving", ["Primitives"]),
    .module("ProverInput", in: "Proving", ["Primitives", "Cryptography", "ZKsyncOS", "StateTree", "Airbender"]),
    .module("VerificationKeys", in: "Proving", ["Primitives", "Concurrency", "Cryptography", "Airbender"]),
    .module("FRIProofs", in: "Proving", ["Primitives", "Concurrency", "Cryptography", "ZKsyncOS", "Airbender"]),
    .tests(
      "AirbenderTests", in: "Proving",
      [
        "Primitives", "Cryptography", "Airbender", "RandomTesting", "GuestAssembler",
      ]),
    .tests(
      "ProverInputTests", in: "Proving",
      [
        "Primitives", "Cryptography", "Transactions", "ZKsyncOS", "StateTree", "Airbender", "ProverInput",
        "GuestImages", "GuestAssembler",
      ]),
    .tests(
      "FRIProofsTests", in: "Proving",
      [
        "Primitives", "Concurrency", "JSON", "ZKsyncOS", "Airbender", "FRIProofs", "FRIProofTesting", "RandomTesting",
        "StorageTesting", "ThreadTesting",
      ]),
    .tests(
      "VerificationKeysTests", in: "Proving",
      [
        "Primitives", "Cryptography", "Airbender", "VerificationKeys",
        "FRIProofTesting", "RandomTesting", "StorageTesting", "ThreadTesting",
      ]),
    .tests(
      "StateTreeTests", in: "Proving",
      ["Primitives", "Files", "Cryptography", "StateTree", "RandomTesting", "ThreadTesting"]),

    // Storage
    .system("CRocksDB", in: "Storage", pkgConfig: "rocksdb", debian: "librocksdb-dev"),
    .module("RocksDB", in: "Storage", ["CRocksDB"]),
    .module(
      "ChainStorage", in: "Storage",
      [
        "Primitives", "Concurrency", "Files", "Telemetry", "Transactions", "ZKsyncOS", "RocksDB",
      ]),
    .tests(
      "ChainStorageTests", in: "Storage",
      [
        "Primitives", "Telemetry", "Transactions", "ZKsyncOS", "RocksDB", "ChainStorage", "RandomTesting",
        "StorageTesting", "TelemetryTesting",
      ]),
    .tests("RocksDBTests", in: "Storage", ["RocksDB", "StorageTesting", "ThreadTesting"]),

    // Chain
    .module(
      "Mempool", in: "Chain", ["Primitives", "Concurrency", "Files", "Telemetry", "Transactions", .logging]),
    .module(
      "Chain", in: "Chain",
      ["Primitives", "Concurrency", "Telemetry", "Transactions", "ZKsyncOS", "ChainStorage", .logging]),
    .module(
      "Sequencer", in: "Chain",
      [
        "Primitives", "Concurrency", "Telemetry", "Transactions", "EVM", "ZKsyncOS", "ChainStorage", "Mempool", "Chain",
        .logging,
      ]),
    .module(
      "Replication", in: "Chain",
      [
        "Primitives", "Concurrency", "Files", "Telemetry", "HTTP", "JSONRPC", "Transactions", "ZKsyncOS", "StateTree",
        "ChainStorage", "Chain", .nioCore, .nioPosix, .nioHTTP1, .nioSSL, .logging,
      ]),
    .module(
      "Scrub", in: "Chain",
      [
        "Primitives", "Concurrency", "Files", "Telemetry", "Transactions", "ZKsyncOS", "StateTree", "RocksDB",
        "ChainStorage", .logging,
      ]),
    .module(
      "Checkpoints", in: "Chain",
      [
        "Primitives", "Concurrency", "Files", "Cryptography", "JSON", "StateTree", "RocksDB", "ChainStorage",
      ]),
    .module(
      "Archive", in: "Chain",
      [
        "Primitives", "Concurrency", "Files", "Compression", "Cryptography", "Telemetry", "ZKsyncOS", "ChainStorage",
        "Chain", .logging,
      ]),
    .tests(
      "ArchiveTests", in: "Chain",
      [
        "Primitives", "Files", "Cryptography", "ZKsyncOS", "ChainStorage", "Archive", "StorageTesting", "ThreadTesting",
      ], exclude: ["Golden"]),
    .tests(
      "MempoolTests", in: "Chain",
      [
        "Primitives", "Cryptography", "Files", "Telemetry", "Transactions", "Mempool", "RandomTesting",
        "StorageTesting",
        "TelemetryTesting", "ThreadTesting",
      ]),
    .tests(
      "ChainTests", in: "Chain",
      [
        "Primitives", "Concurrency", "ZKsyncOS", "ChainStorage", "Chain", "StorageTesting", "ChainTesting",
        "ThreadTesting",
      ]),
    .tests(
      "ReplicationTests", in: "Chain",
      [
        "Primitives", "Concurrency", "Cryptography", "Telemetry", "HTTP", "JSONRPC", "Transactions", "ZKsyncOS",
        "StateTree", "ChainStorage", "Chain", "Replication", "RandomTesting", "SocketTesting", "StorageTesting",
        "TelemetryTesting", "ThreadTesting",
        .nioPosix,
      ]),
    .tests(
      "ScrubTests", in: "Chain",
      [
        "Primitives", "ZKsyncOS", "StateTree", "RocksDB", "ChainStorage", "Chain", "Scrub",
        "StorageTesting",
        "ChainTesting", .logging,
      ]),
    .tests(
      "SequencerTests", in: "Chain",
      [
        "SequencerVictim", "Primitives", "Concurrency", "Telemetry", "Transactions", "ZKsyncOS", "ChainStorage",
        "Mempool", "Chain", "Sequencer", "RandomTesting", "StorageTesting", "ChainTesting", "TelemetryTesting",
        "ThreadTesting",
      ]),
    .program(
      "SequencerVictim", path: "Tests/Chain/SequencerVictim",
      ["Concurrency", "Telemetry", "ChainStorage", "Mempool", "Chain", "Sequencer", "StorageTesting"]),

    // Settlement
    .module("Batches", in: "Settlement", ["Primitives", "Cryptography", "ZKsyncOS"]),
    .module(
      "ProverService", in: "Settlement",
      [
        "Primitives", "Concurrency", "Files", "JSON", "Telemetry", "HTTP", "ZKsyncOS", "ProverInput", "FRIProofs",
        "RocksDB", "Batches", .nioPosix, .logging,
      ]),
    .module(
      "Settlement", in: "Settlement",
      [
        "Primitives", "Concurrency", "Telemetry", "Transactions", "ZKsyncOS", "StateTree", "ProverInput",
        "ChainStorage",
        "Chain", "Batches", "ProverService", .logging,
      ]),
    .tests(
      "BatchesTests", in: "Settlement",
      [
        "Primitives", "Cryptography", "ZKsyncOS", "StateTree", "Batches", "SettlementTesting",
      ]),
    .tests(
      "ProverServiceTests", in: "Settlement",
      [
        "Primitives", "Concurrency", "Files", "Telemetry", "HTTP", "FRIProofs", "Batches", "ProverService",
        "SocketTesting", "ThreadTesting", "StorageTesting", "SettlementTesting", "TelemetryTesting", .logging,
        .nioPosix,
      ]),
    .tests(
      "SettlementTests", in: "Settlement",
      [
        "Primitives", "Cryptography", "Telemetry", "Transactions", "ZKsyncOS", "StateTree",
        "Airbender", "ProverInput",
        "Chain", "Batches", "ProverService", "Settlement", "GuestImages", "GuestAssembler", "StorageTesting",
        "SettlementTesting", "ThreadTesting",
      ]),

    // L1
    .module("L1Contracts", in: "L1", ["Primitives", "Cryptography", "Transactions", "EVM", "Ethereum"]),
    .module("AnvilState", in: "L1", ["Primitives", "Files", "Compression", "Cryptography", "JSON", "Transactions"]),
    .module(
      "DevelopmentL1", in: "L1",
      [
        "Primitives", "Concurrency", "Files", "Cryptography", "JSON", "Telemetry", "HTTP", "JSONRPC", "Transactions",
        "EVM", "Tracers", "Ethereum", "EthereumAPI", "L1Contracts", "AnvilState", .nioCore, .nioPosix, .logging,
      ]),
    .module(
      "L1Client", in: "L1",
      [
        "Primitives", "Concurrency", "JSON", "Telemetry", "JSONRPC", "Transactions", "L1Contracts", .nioCore, .logging,
      ]),
    .module(
      "L1Requests", in: "L1",
      [
        "Primitives", "Concurrency", "Files", "Telemetry", "Transactions", "RocksDB", "Sequencer", "L1Contracts",
        "L1Client", .logging,
      ]),
    .module(
      "L1Settlement", in: "L1",
      [
        "Primitives", "Concurrency", "Files", "Cryptography", "Telemetry", "Transactions", "RocksDB",
        "Batches",
        "L1Contracts", "L1Client", .logging,
      ]),
    .tests(
      "L1ContractsTests", in: "L1",
      [
        "Primitives", "Concurrency", "Cryptography", "Transactions", "EVM", "Ethereum", "ZKsyncOS", "StateTree",
        "ChainStorage", "Chain", "Mempool", "Sequencer", "Batches", "L1Contracts", "SettlementTesting", "ChainTesting",
        "StorageTesting", "RandomTesting", "ThreadTesting",
      ]),
    .tests(
      "L1ClientTests", in: "L1",
      [
        "Primitives", "JSON", "Telemetry", "HTTP", "JSONRPC", "Transactions", "Batches", "L1Contracts", "L1Client",
        "L1Testing", .nioPosix, .logging,
      ]),
    .tests(
      "L1RequestsTests", in: "L1",
      [
        "Primitives", "Concurrency", "JSON", "Telemetry", "JSONRPC", "Transactions", "ZKsyncOS", "Batches",
        "L1Contracts", "L1Client", "L1Requests", "StorageTesting", "L1Testing", .logging,
      ]),
    .tests(
      "L1SettlementTests", in: "L1",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "JSONRPC", "Telemetry", "Transactions", "ZKsyncOS",
        "Batches",
        "L1Contracts", "L1Client", "L1Settlement", "L1Testing", "RandomTesting", "StorageTesting",
      ]),
    .tests(
      "AnvilStateTests", in: "L1",
      [
        "Primitives", "Files", "Compression", "Cryptography", "JSON", "Transactions", "AnvilState", "StorageTesting",
      ]),
    .tests(
      "DevelopmentL1Tests", in: "L1",
      [
        "Primitives", "Concurrency", "Files", "Cryptography", "JSON", "Telemetry", "HTTP", "JSONRPC", "Transactions",
        "Ethereum", "L1Contracts", "DevelopmentL1",
        "StorageTesting", .nioPosix, .logging,
      ]),

    // Interface
    .module(
      "ZKsyncAPI", in: "Interface",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Telemetry", "JSONRPC", "Transactions", "EVM", "Tracers",
        "ZKsyncOS", "EthereumAPI", "StateTree", "ChainStorage", "Mempool", "Sequencer", "Batches",
        "L1Contracts",
        .logging,
      ]),
    .target(
      name: "WebPage",
      dependencies: [
        "Primitives", "Concurrency", "Cryptography", "JSON", "HTTP", "JSONRPC", "Transactions", "EthereumAPI",
        "L1Contracts",
      ],
      path: "Sources/Interface/WebPage", resources: [.embedInCode("Page")], swiftSettings: .strict),
    .tests(
      "WebPageTests", in: "Interface",
      ["JSON", "HTTP", "WebPage", "SocketTesting", "ThreadTesting", .nioPosix]),
    .tests(
      "ZKsyncAPITests", in: "Interface",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Telemetry", "JSONRPC", "Transactions", "ZKsyncOS",
        "EthereumAPI", "StateTree", "ChainStorage", "Mempool", "Batches", "ZKsyncAPI", "StorageTesting", .logging,
      ]),

    // Tools
    .module("StateTests", in: "Tools", ["Primitives", "Cryptography", "JSON", "Transactions", "EVM", "Ethereum"]),
    .module("MainnetReplay", in: "Tools", ["Primitives", "Cryptography", "JSON", "Transactions", "EVM", "ZKsyncOS"]),
    .module(
      "GuestCheck", in: "Tools",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Transactions", "EVM", "ZKsyncOS", "StateTree",
        "Airbender", "ProverInput",
      ]),
    .system("CEVMC", in: "Tools"),
    .module(
      "EVMBenchmark", in: "Tools",
      [
        "Primitives", "Concurrency", "Cryptography", "JSON", "Transactions", "EVM", "Ethereum", "StateTests", "CEVMC",
      ], folder: "Benchmarks/EVM"),
    .target(name: "AllocationCounter", path: "Sources/Tools/Benchmarks/AllocationCounter"),
    .module(
      "StateTransitionBenchmark", in: "Tools",
      [
        "Primitives", "Concurrency", "Cryptography", "Transactions", "EVM", "ZKsyncOS", "Ethereum", "EVMBenchmark",
        "AllocationCounter",
      ], folder: "Benchmarks/StateTransition"),
    .module(
      "TreeBenchmark", in: "Tools",
      [
        "Primitives", "Concurrency", "Cryptography", "Telemetry", "StateTree", "RocksDB",
      ], folder: "Benchmarks/Tree"),
    .tests("EVMBenchmarkTests", in: "Tools", ["JSON", "EVM", "EVMBenchmark"]),
    .tests(
      "GuestCheckTests", in: "Tools",
      [
        "Primitives", "Files", "ZKsyncOS", "Airbender", "ProverInput", "GuestCheck", "GuestImages",
      ], exclude: ["Answers"]),
    .tests(
      "MainnetReplayTests", in: "Tools",
      [
        "Primitives", "Files", "Cryptography", "JSON", "Transactions", "EVM", "Tracers", "ZKsyncOS", "Ethereum",
        "MainnetReplay",
      ]),
    .tests("StateTransitionBenchmarkTests", in: "Tools", ["AllocationCounter", "StateTransitionBenchmark"]),

    // Programs
    .target(name: "CBuildInfo", path: "Sources/Programs/CBuildInfo"),
    .module(
      "NodeOptions", in: "Programs",
      ["CYaml", "Primitives", "Files", "HTTP", "JSONRPC", "ProverInput"]),
    .module(
      "Node", in: "Programs",
      [
        "CBuildInfo", "Primitives", "Concurrency", "Files", "Telemetry", "HTTP", "JSONRPC", "Transactions", "ZKsyncOS",
        "EthereumAPI",
        "StateTree", "ProverInput", "FRIProofs", "ChainStorage", "Mempool", "Chain", "Replication", "Archive", "Scrub",
        "Checkpoints", "Sequencer", "ProverService",
        "Batches", "Settlement", "L1Contracts", "L1Client", "L1Requests", "L1Settlement", "DevelopmentL1",
        "Cryptography", "Ethereum", "ZKsyncAPI", "WebPage", "NodeOptions", .nioCore, .nioPosix, .logging,
      ]),
    .tests("NodeOptionsTests", in: "Programs", ["Primitives", "NodeOptions", "StorageTesting"]),
    .tests(
      "NodeTests", in: "Programs",
      [
        "Primitives", "Concurrency", "Files", "Cryptography", "JSON", "Telemetry", "HTTP", "JSONRPC", "Transactions",
        "Archive", "FRIProofs", "L1Contracts", "NodeOptions", "Node", "FRIProofTesting", "EVMTesting",
        "SocketTesting",
        "ThreadTesting", "StorageTesting", .nioPosix, .logging,
      ]),
    .program(
      "sequencer", path: "Sources/Programs/sequencer", ["Telemetry", "NodeOptions", "Node", .logging],
      linking: .withSwift),
    .program(
      "zkos", path: "Sources/Programs/zkos",
      [
        "Primitives", "Concurrency", "Files", "Cryptography", "JSON", "Telemetry", "HTTP", "JSONRPC", "Transactions",
        "EVM", "Tracers",
        "ZKsyncOS",
        "StateTree", "Airbender", "ProverInput", "VerificationKeys", "FRIProofs", "ChainStorage", "Archive", "Scrub",
        "Checkpoints", "Batches", "ProverService", "Settlement",
        "AnvilState", "L1Contracts", "L1Client", "L1Settlement", "DevelopmentL1", "ZKsyncAPI", "StateTests",
        "MainnetReplay",
        "GuestCheck", "EVMBenchmark", "StateTransitionBenchmark", "TreeBenchmark", "NodeOptions", "Node", .logging,
        .nioCore, .nioPosix,
        .argumentParser,
      ], linking: .withSwiftAndEssentials),
    .program("instruction-counts", path: "Sources/Tools/Benchmarks/Instructions", ["EVMBenchmark"]),
    .program("run-contract", path: "Examples/RunContract", ["Primitives", "EVM", "Ethereum"]),

    // What tests share
    .support("RandomTesting", ["Primitives"]),
    .support("SocketTesting", []),
    .support("ThreadTesting", []),
    .support("TelemetryTesting", ["Telemetry"]),
    .support("GuestImages", ["Files", "ZKsyncOS"]),
    .support("FRIProofTesting", ["Files", "FRIProofs"]),
    .support("EVMTesting", ["Primitives", "Cryptography", "EVM"]),
    .support("GuestAssembler", ["Airbender"]),
    .support(
      "StorageTesting", ["Primitives", "Cryptography", "Telemetry", "Transactions", "ZKsyncOS", "ChainStorage"]),
    .support(
      "ChainTesting",
      ["Primitives", "Telemetry", "Transactions", "ZKsyncOS", "ChainStorage", "Chain", "StorageTesting"]),
    .support(
      "L1Testing",
      [
        "Primitives", "Concurrency", "JSON", "Telemetry", "JSONRPC", "Transactions", "Ethereum", "Batches",
        "L1Contracts", "DevelopmentL1", "L1Client", .logging,
      ]),
    .support(
      "SettlementTesting",
      ["Primitives", "Concurrency", "ZKsyncOS", "ProverInput", "FRIProofs", "Batches", "ProverService"]),
  ]
)

// MARK: Kinds of targets

extension [SwiftSetting] {
  /// Warnings are errors in our own code, so that a clean build stays clean.
  static var strict: Self { [.treatAllWarnings(as: .error)] }
}

extension Target {
  /// A library module in `Sources/GROUP/NAME`.
  static func module(
    _ name: String, in group: String, _ dependencies: [Dependency] = [], folder: String? = nil
  ) -> Target {
    .target(
      name: name, dependencies: dependencies, path: "Sources/\(group)/\(folder ?? name)", swiftSettings: .strict)
  }

  /// A C library of the system, declared by the module map in `Sources/GROUP/NAME`.
  static func system(_ name: String, in group: String, pkgConfig: String? = nil, debian: String? = nil) -> Target {
    .systemLibrary(
      name: name, path: "Sources/\(group)/\(name)", pkgConfig: pkgConfig, providers: debian.map { [.apt([$0])] })
  }

  /// The tests in `Tests/GROUP/NAME`.
  static func tests(
    _ name: String, in group: String, _ dependencies: [Dependency], exclude: [String] = []
  ) -> Target {
    .testTarget(
      name: name, dependencies: dependencies, path: "Tests/\(group)/\(name)", exclude: exclude, swiftSettings: .strict)
  }

  /// What several test targets share, in `Tests/Support/NAME`.
  static func support(_ name: String, _ dependencies: [Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/Support/\(name)", swiftSettings: .strict)
  }

  /// - Parameter linking: settings that hold for whatever links the program, tests that depend on it included.
  static func program(
    _ name: String, path: String, _ dependencies: [Dependency], linking: [LinkerSetting] = []
  ) -> Target {
    .executableTarget(
      name: name, dependencies: dependencies, path: path, swiftSettings: .strict, linkerSettings: linking)
  }
}

extension [LinkerSetting] {
  /// With Swift's libraries inside, so that the program runs on machines that have no Swift.
  static var withSwift: Self { [.unsafeFlags(["-static-stdlib"])] }

  /// The same where a dependency imports FoundationEssentials, as swift-argument-parser does: its static form does not
  /// name the libraries that it needs.
  static var withSwiftAndEssentials: Self {
    withSwift + [.unsafeFlags(["-l_FoundationCShims", "-l_FoundationCollections"])]
  }
}

extension Target.Dependency {
  static let nioCore = product(name: "NIOCore", package: "swift-nio")
  static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
  static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
  static let nioWebSocket = product(name: "NIOWebSocket", package: "swift-nio")
  static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
  static let logging = product(name: "Logging", package: "swift-log")
  static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
}
