// swift-tools-version: 6.2
// Fuzzers of everything that reads bytes of strangers. A package of its own, because libFuzzer brings the `main`.

import PackageDescription

let package = Package(
  name: "Fuzz",
  dependencies: [
    .package(name: "zksync-os-sequencer", path: ".."),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  ],
  targets: [
    .target(
      name: "FuzzTargets",
      dependencies: [
        .product(name: "Primitives", package: "zksync-os-sequencer"),
        .product(name: "Cryptography", package: "zksync-os-sequencer"),
        .product(name: "JSON", package: "zksync-os-sequencer"),
        .product(name: "Transactions", package: "zksync-os-sequencer"),
        .product(name: "EVM", package: "zksync-os-sequencer"),
        .product(name: "Tracers", package: "zksync-os-sequencer"),
        .product(name: "ZKsyncOS", package: "zksync-os-sequencer"),
        .product(name: "Ethereum", package: "zksync-os-sequencer"),
        .product(name: "Airbender", package: "zksync-os-sequencer"),
        .product(name: "FRIProofs", package: "zksync-os-sequencer"),
        .product(name: "Concurrency", package: "zksync-os-sequencer"),
        .product(name: "Telemetry", package: "zksync-os-sequencer"),
        .product(name: "HTTP", package: "zksync-os-sequencer"),
        .product(name: "JSONRPC", package: "zksync-os-sequencer"),
        .product(name: "EthereumAPI", package: "zksync-os-sequencer"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "StateTree", package: "zksync-os-sequencer"),
        .product(name: "Stored", package: "zksync-os-sequencer"),
      ]),
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
  ]
)
