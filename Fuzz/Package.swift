// swift-tools-version: 6.2
// Fuzzers of everything that reads bytes of strangers. A package of its own, because libFuzzer brings the `main`.

import PackageDescription

let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "zksync-os-sequencer", path: "..")],
  targets: [
    .target(
      name: "FuzzTargets",
      dependencies: [
        .product(name: "Primitives", package: "zksync-os-sequencer"),
        .product(name: "Cryptography", package: "zksync-os-sequencer"),
        .product(name: "JSON", package: "zksync-os-sequencer"),
        .product(name: "Transactions", package: "zksync-os-sequencer"),
        .product(name: "EVM", package: "zksync-os-sequencer"),
        .product(name: "ZKsyncOS", package: "zksync-os-sequencer"),
        .product(name: "Ethereum", package: "zksync-os-sequencer"),
        .product(name: "Airbender", package: "zksync-os-sequencer"),
      ]),
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
  ]
)
