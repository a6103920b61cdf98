// swift-tools-version: 6.2
// The sequencer of ZKsync OS chains. Modules stand in layers: a target depends only on targets listed above it.

import PackageDescription

/// Warnings are errors in our own code, so that a clean build stays clean.
let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "zksync-os-sequencer",
  products: [
    .library(name: "Primitives", targets: ["Primitives"])
  ],
  dependencies: [],
  targets: [
    // Layer 0: primitives
    .target(name: "Primitives", swiftSettings: settings),
    .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"], swiftSettings: settings),

    // Layer 1: execution

    // Layer 2: state transition

    // Layer 3: proving

    // Layer 4: storage

    // Layer 5: node parts

    // Layer 6: programs
  ]
)
