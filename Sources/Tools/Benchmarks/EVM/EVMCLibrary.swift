import CEVMC
import Glibc

/// A virtual machine behind the EVMC interface, loaded from a shared library.
public final class EVMCLibrary {
  let machine: UnsafeMutablePointer<evmc_vm>
  /// What the machine calls itself.
  public let name: String
  private let handle: UnsafeMutableRawPointer

  /// Loads a library that exports `symbol`, evmone's by default.
  public init(path: String, symbol: String = "evmc_create_evmone") throws(EVMBenchmarkError) {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { throw .library(Self.lastError(path)) }
    guard let entry = dlsym(handle, symbol) else {
      let reason = Self.lastError(path)
      dlclose(handle)
      throw .library(reason)
    }
    guard let machine = unsafeBitCast(entry, to: (@convention(c) () -> UnsafeMutablePointer<evmc_vm>?).self)() else {
      dlclose(handle)
      throw .library("\(path) makes no machine")
    }
    guard machine.pointee.abi_version == EVMC_ABI_VERSION else {
      let version = machine.pointee.abi_version
      machine.pointee.destroy(machine)
      dlclose(handle)
      throw .library("\(path) speaks version \(version) of EVMC, not \(EVMC_ABI_VERSION)")
    }
    self.handle = handle
    self.machine = machine
    name = "\(String(cString: machine.pointee.name)) \(String(cString: machine.pointee.version))"
  }

  deinit {
    machine.pointee.destroy(machine)
    dlclose(handle)
  }

  private static func lastError(_ path: String) -> String {
    dlerror().map { String(cString: $0) } ?? "\(path) cannot be loaded"
  }
}
