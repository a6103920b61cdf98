// swift-tools-version: 6.2
// The sequencer of ZKsync OS chains. Modules stand in layers: a target depends only on targets listed above it.

import PackageDescription

/// Warnings are errors in our own code, so that a clean build stays clean.
let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "zksync-os-sequencer",
  products: [
    .library(name: "Primitives", targets: ["Primitives"]),
    .library(name: "Cryptography", targets: ["Cryptography"]),
    .library(name: "Transactions", targets: ["Transactions"]),
    .library(name: "JSON", targets: ["JSON"]),
    .library(name: "EVM", targets: ["EVM"]),
    .library(name: "ZKsyncOS", targets: ["ZKsyncOS"]),
    .library(name: "Ethereum", targets: ["Ethereum"]),
    .library(name: "StateTree", targets: ["StateTree"]),
    .library(name: "Airbender", targets: ["Airbender"]),
    .library(name: "ProverInput", targets: ["ProverInput"]),
    .library(name: "RocksDB", targets: ["RocksDB"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Layer 0: primitives
    .target(name: "Primitives", swiftSettings: settings),
    .target(
      name: "RandomTesting", dependencies: ["Primitives"], path: "Tests/RandomTesting", swiftSettings: settings),
    .testTarget(name: "PrimitivesTests", dependencies: ["Primitives", "RandomTesting"], swiftSettings: settings),
    .systemLibrary(name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"])]),
    .target(
      name: "Cryptography", dependencies: ["Primitives", "CSecp256k1", "CLibCrypto", "CGMP"], swiftSettings: settings),
    .testTarget(name: "CryptographyTests", dependencies: ["Cryptography", "RandomTesting"], swiftSettings: settings),

    .target(name: "JSON", dependencies: ["Primitives"], swiftSettings: settings),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "RandomTesting"], swiftSettings: settings),

    // Layer 1: execution
    .target(name: "Transactions", dependencies: ["Primitives", "Cryptography"], swiftSettings: settings),
    .testTarget(name: "TransactionsTests", dependencies: ["Transactions"], swiftSettings: settings),
    .target(name: "EVM", dependencies: ["Primitives", "Cryptography", "JSON"], swiftSettings: settings),
    .testTarget(
      name: "EVMTests", dependencies: ["EVM", "RandomTesting"], exclude: ["Vectors"], swiftSettings: settings),

    // Layer 2: state transition
    .target(
      name: "ZKsyncOS", dependencies: ["Primitives", "Cryptography", "Transactions", "EVM"], swiftSettings: settings),
    .testTarget(
      name: "ZKsyncOSTests", dependencies: ["ZKsyncOS", "StateTree", "RandomTesting"], swiftSettings: settings),
    .target(
      name: "Ethereum", dependencies: ["Primitives", "Cryptography", "Transactions", "EVM"], swiftSettings: settings),
    .testTarget(
      name: "EthereumTests", dependencies: ["Ethereum", "StateTests", "JSON", "Primitives", "Cryptography"],
      swiftSettings: settings),
    .target(
      name: "StateTests", dependencies: ["Primitives", "Cryptography", "JSON", "Transactions", "EVM", "Ethereum"],
      swiftSettings: settings),

    // Layer 3: proving
    .target(name: "StateTree", dependencies: ["Primitives", "Cryptography"], swiftSettings: settings),
    .testTarget(
      name: "StateTreeTests", dependencies: ["StateTree", "Primitives", "Cryptography", "RandomTesting"],
      swiftSettings: settings),
    .target(name: "Airbender", dependencies: ["Primitives"], swiftSettings: settings),
    .target(
      name: "GuestAssembler", dependencies: ["Airbender"], path: "Tests/GuestAssembler", swiftSettings: settings),
    .testTarget(
      name: "AirbenderTests",
      dependencies: ["Airbender", "GuestAssembler", "Primitives", "Cryptography", "RandomTesting"],
      swiftSettings: settings),
    .target(
      name: "ProverInput", dependencies: ["Primitives", "Cryptography", "ZKsyncOS", "StateTree", "Airbender"],
      swiftSettings: settings),
    .testTarget(
      name: "ProverInputTests",
      dependencies: [
        "ProverInput", "Primitives", "Cryptography", "ZKsyncOS", "StateTree", "Airbender", "GuestAssembler",
        "Transactions",
      ], swiftSettings: settings),
    .target(
      name: "TreeBenchmark", dependencies: ["StateTree", "RocksDB", "Primitives", "Cryptography"],
      path: "Sources/Benchmarks/Tree",
      swiftSettings: settings),
    .systemLibrary(name: "CEVMC"),
    .target(
      name: "EVMBenchmark",
      dependencies: ["Primitives", "Cryptography", "JSON", "EVM", "Ethereum", "StateTests", "CEVMC"],
      path: "Sources/Benchmarks/EVM", swiftSettings: settings),
    .testTarget(
      name: "EVMBenchmarkTests", dependencies: ["EVMBenchmark", "EVM", "JSON"], swiftSettings: settings),
    .target(name: "AllocationCounter", path: "Sources/Benchmarks/AllocationCounter"),
    .target(
      name: "StateTransitionBenchmark",
      dependencies: [
        "AllocationCounter", "Primitives", "Cryptography", "Transactions", "EVM", "Ethereum", "EVMBenchmark",
        "ZKsyncOS",
      ], path: "Sources/Benchmarks/StateTransition", swiftSettings: settings),
    .testTarget(
      name: "StateTransitionBenchmarkTests", dependencies: ["StateTransitionBenchmark", "AllocationCounter"],
      swiftSettings: settings),
    .target(
      name: "GuestCheck",
      dependencies: [
        "ProverInput", "Primitives", "Cryptography", "JSON", "Transactions", "ZKsyncOS", "StateTree", "Airbender",
      ], swiftSettings: settings),
    .testTarget(
      name: "GuestCheckTests",
      dependencies: ["GuestCheck", "ProverInput", "Primitives", "ZKsyncOS", "Airbender"], exclude: ["Answers"],
      swiftSettings: settings),

    .target(
      name: "MainnetReplay", dependencies: ["Primitives", "Cryptography", "JSON", "Transactions", "EVM", "ZKsyncOS"],
      swiftSettings: settings),
    .testTarget(
      name: "MainnetReplayTests",
      dependencies: ["MainnetReplay", "Primitives", "Cryptography", "Transactions", "ZKsyncOS"], swiftSettings: settings
    ),

    // Layer 4: storage
    .systemLibrary(name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"])]),
    .target(name: "RocksDB", dependencies: ["CRocksDB"], swiftSettings: settings),
    .target(
      name: "ChainStorage", dependencies: ["Primitives", "Transactions", "ZKsyncOS", "RocksDB"], swiftSettings: settings
    ),
    .target(
      name: "StorageTesting",
      dependencies: ["Primitives", "Cryptography", "Transactions", "ZKsyncOS", "ChainStorage"],
      path: "Tests/StorageTesting", swiftSettings: settings),
    .testTarget(name: "RocksDBTests", dependencies: ["RocksDB", "StorageTesting"], swiftSettings: settings),
    .testTarget(
      name: "ChainStorageTests",
      dependencies: ["ChainStorage", "RocksDB", "StorageTesting", "RandomTesting"], swiftSettings: settings),

    // Layer 5: node parts
    .target(name: "Mempool", dependencies: ["Primitives", "Transactions"], swiftSettings: settings),
    .testTarget(
      name: "MempoolTests", dependencies: ["Mempool", "Transactions", "Cryptography", "RandomTesting"],
      swiftSettings: settings),
    .target(
      name: "Sequencer", dependencies: ["Primitives", "Transactions", "ZKsyncOS", "ChainStorage", "Mempool"],
      swiftSettings: settings),
    .executableTarget(
      name: "SequencerVictim", dependencies: ["Sequencer", "StorageTesting"], path: "Tests/SequencerVictim",
      swiftSettings: settings),
    .testTarget(
      name: "SequencerTests", dependencies: ["Sequencer", "StorageTesting", "SequencerVictim", "RandomTesting"],
      swiftSettings: settings),
    .target(
      name: "HTTP",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
      ], swiftSettings: settings),
    .target(name: "SocketTesting", path: "Tests/SocketTesting", swiftSettings: settings),
    .testTarget(
      name: "HTTPTests", dependencies: ["HTTP", "SocketTesting", .product(name: "NIOPosix", package: "swift-nio")],
      swiftSettings: settings),
    .target(
      name: "JSONRPC",
      dependencies: [
        "JSON", "Primitives", "HTTP", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ], swiftSettings: settings),
    .testTarget(
      name: "JSONRPCTests",
      dependencies: [
        "JSON", "HTTP", "JSONRPC", "SocketTesting", .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: settings),
    .target(
      name: "Telemetry", dependencies: ["JSON", "HTTP", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),
    .target(
      name: "NodeAPI",
      dependencies: [
        "Primitives", "Cryptography", "Transactions", "ZKsyncOS", "StateTree", "JSON", "JSONRPC", "Telemetry",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "NodeAPITests",
      dependencies: [
        "Primitives", "Cryptography", "Transactions", "JSON", "HTTP", "JSONRPC", "Telemetry", "NodeAPI",
        "ZKsyncOS", "StateTree", "SocketTesting", "StorageTesting", .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: settings),
    .testTarget(
      name: "TelemetryTests",
      dependencies: [
        "JSON", "HTTP", "Telemetry", "SocketTesting", .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings),
    .target(
      name: "Settlement",
      dependencies: [
        "Primitives", "Cryptography", "JSON", "Transactions", "ZKsyncOS", "StateTree", "ProverInput", "RocksDB",
        "Sequencer", "HTTP", .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: settings),
    .testTarget(
      name: "SettlementTests",
      dependencies: [
        "Settlement", "Primitives", "Cryptography", "JSON", "Transactions", "ZKsyncOS", "StateTree", "ProverInput",
        "RocksDB", "Sequencer", "HTTP", "SocketTesting", "GuestAssembler",
        .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: settings),

    // Layer 6: programs
    .target(
      name: "Node",
      dependencies: [
        "Primitives", "Transactions", "EVM", "ZKsyncOS", "ChainStorage", "Mempool", "Sequencer", "HTTP", "JSONRPC",
        "NodeAPI", "Telemetry", "StateTree", "ProverInput", "Settlement",
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "SystemPackage", package: "swift-system"), .product(name: "Yams", package: "Yams"),
        .product(name: "Logging", package: "swift-log"), .product(name: "NIOPosix", package: "swift-nio"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "sequencer", dependencies: ["Node", "Telemetry", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),
    .testTarget(name: "NodeTests", dependencies: ["Node"], swiftSettings: settings),
    .executableTarget(
      name: "run-contract", dependencies: ["EVM", "Ethereum", "Primitives"], path: "Examples/RunContract",
      swiftSettings: settings),
    .executableTarget(
      name: "instruction-counts", dependencies: ["EVMBenchmark"], path: "Sources/Benchmarks/Instructions",
      swiftSettings: settings),
    .executableTarget(
      name: "zkos",
      dependencies: [
        "Primitives", "Cryptography", "JSON", "JSONRPC", "Transactions", "EVM", "StateTests", "ZKsyncOS", "Airbender",
        "ProverInput", "GuestCheck", "MainnetReplay", "StateTree", "Settlement", "NodeAPI", "TreeBenchmark",
        "EVMBenchmark", "StateTransitionBenchmark",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
  ]
)
