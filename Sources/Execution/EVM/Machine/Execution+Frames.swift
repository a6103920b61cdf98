// Opening and closing frames.

import Glibc
import Primitives

extension Execution {
  /// Asks the host for a call. True if a new frame is current now, false if the call is over.
  @inlinable
  mutating func openCall(_ kind: CallKind, _ host: inout H, _ tracer: inout T) throws(Halt) -> Bool {
    let operands = frame.pointee.operands
    let target = Address(truncating: operands.target)
    let executor = frame.pointee.address
    let keepsContext = kind == .callCode || kind == .delegateCall
    let request = CallRequest(
      kind: kind, gas: operands.gas, codeAddress: target, executor: executor, address: keepsContext ? executor : target,
      caller: kind == .delegateCall ? frame.pointee.caller : executor,
      value: kind == .delegateCall ? frame.pointee.value : operands.value,
      input: frame.pointee.operandBytes, isStatic: frame.pointee.isStatic || kind == .staticCall,
      depth: frame.pointee.depth + 1)
    frame.pointee.returnData.clear()
    let preparation = try host.prepareCall(
      request, meter: &frame.pointee.meter, output: &frame.pointee.returnData)
    switch preparation {
    case .run(let code, let meter, let checkpoint):
      if T.isActive { enter(request, gas: meter.gas, kept: frame.pointee.meter.gas, host, &tracer) }
      open(code, meter, checkpoint, input: request.input)
      frame.pointee.address = request.address
      frame.pointee.caller = request.caller
      frame.pointee.value = request.value
      frame.pointee.isStatic = request.isStatic
      frame.pointee.isConstructor = false
      return true
    case .finished(let status, let gasProvided, let gasUsed):
      if T.isActive {
        enter(request, gas: gasProvided, kept: frame.pointee.meter.gas - gasProvided + gasUsed, host, &tracer)
        tracer.leave(
          FrameEnd(status: status, gasUsed: gasUsed, output: frame.pointee.returnData.bytes), world: host)
      }
      returnedBytes &+= 2 &* frame.pointee.returnData.count
      completeCall(succeeded: status.succeeded)
      return false
    }
  }

  /// Asks the host for a creation. True if the constructor's frame is current now.
  @inlinable
  mutating func openCreate(salted: Bool, _ host: inout H, _ tracer: inout T) throws(Halt) -> Bool {
    let operands = frame.pointee.operands
    let request = CreateRequest(
      salt: salted ? operands.extra : nil, creator: frame.pointee.address, value: operands.value,
      initCode: frame.pointee.operandBytes, depth: frame.pointee.depth + 1)
    let preparation = try host.prepareCreate(request, meter: &frame.pointee.meter)
    switch preparation {
    case .run(let address, let meter, let checkpoint):
      if T.isActive {
        tracer.enter(
          FrameEvent(
            kind: salted ? .create2 : .create, from: request.creator, to: address, value: request.value,
            input: request.initCode, gas: meter.gas, depth: request.depth, callerGas: frame.pointee.meter.gas),
          world: host)
      }
      open(Code(request.initCode), meter, checkpoint, input: UnsafeRawBufferPointer(start: nil, count: 0))
      frame.pointee.address = address
      frame.pointee.caller = request.creator
      frame.pointee.value = request.value
      frame.pointee.isStatic = false
      frame.pointee.isConstructor = true
      return true
    case .refused(let reason):
      if T.isActive {
        tracer.enter(
          FrameEvent(
            kind: salted ? .create2 : .create, from: request.creator, to: .zero, value: request.value,
            input: request.initCode, gas: 0, depth: request.depth, callerGas: frame.pointee.meter.gas), world: host)
        tracer.leave(
          FrameEnd(status: .halted(reason), gasUsed: 0, output: UnsafeRawBufferPointer(start: nil, count: 0)),
          world: host)
      }
      frame.pointee.returnData.clear()
      frame.pointee.push(.zero)
      return false
    }
  }

  /// Makes the next frame current.
  @inlinable
  mutating func open(_ code: Code, _ meter: Meter, _ checkpoint: H.Checkpoint, input: UnsafeRawBufferPointer) {
    checkpoints.append(checkpoint)
    if T.isActive { gasGiven.append(meter.gas) }
    let depth = frame.pointee.depth + 1
    let memoryLimit = frame.pointee.memoryLimit - frame.pointee.memorySize
    frame = pool.frame(depth)
    frame.pointee.begin(
      code, meter: meter, table: rules.table, input: input, memoryLimit: memoryLimit, depth: depth)
    deepest = max(deepest, depth)
  }

  /// Ends the current frame, which is not the outermost, and hands its result to the one that opened it. Returns a
  /// status if that one ends too (a fatal failure of the host).
  @inlinable
  mutating func closeFrame(_ status: FrameStatus, _ host: inout H, _ tracer: inout T) -> FrameStatus? {
    if case .halted = status { frame.pointee.meter.exhaustGas() }
    let hasOutput = status == .returned || status == .reverted
    let child = frame
    let parent = pool.frame(child.pointee.depth - 1)
    let checkpoint = checkpoints.removeLast()
    if !hasOutput { child.pointee.operands.count = 0 }
    let output = child.pointee.operandBytes
    returnedBytes &+= output.count
    var traced = status
    var fatal: FrameStatus?

    if child.pointee.isConstructor {
      do throws(Halt) {
        let completion = try host.finishCreate(
          checkpoint, address: child.pointee.address, status: status, output: output, meter: &child.pointee.meter)
        switch completion {
        case .deployed:
          parent.pointee.returnData.clear()
          parent.pointee.push(UInt256(child.pointee.address))
        case .failed(let reason, let keepsOutput):
          if let reason, status.succeeded { traced = .halted(reason) }
          if keepsOutput {
            parent.pointee.returnData.replace(with: output)
            try host.didReturn(count: output.count)
          } else {
            parent.pointee.returnData.clear()
          }
          parent.pointee.push(.zero)
        }
      } catch {
        fatal = .halted(error)
      }
      parent.pointee.meter.reclaim(child.pointee.meter)
      if T.isActive { leave(traced, output, child, host, &tracer) }
      frame = parent
    } else {
      host.finishCall(checkpoint, succeeded: status.succeeded)
      parent.pointee.returnData.replace(with: output)
      do throws(Halt) { try host.didReturn(count: output.count) } catch { fatal = .halted(error) }
      parent.pointee.meter.reclaim(child.pointee.meter)
      if T.isActive { leave(traced, output, child, host, &tracer) }
      frame = parent
      completeCall(succeeded: status.succeeded)
    }
    child.pointee.end()
    if T.observesSteps { tracer.didStep(FrameView(frame), halt: nil, world: host) }
    return fatal
  }

  /// Pushes the outcome of a call and copies its output to where the caller wanted it.
  @inlinable
  mutating func completeCall(succeeded: Bool) {
    let count = min(frame.pointee.operands.outputCount, frame.pointee.returnData.count)
    if count > 0 {
      memcpy(frame.pointee.memory + frame.pointee.operands.outputOffset, frame.pointee.returnData.base, count)
    }
    frame.pointee.push(succeeded ? .one : .zero)
  }

  @inlinable
  func enter(_ request: CallRequest, gas: Int64, kept: Int64, _ host: H, _ tracer: inout T) {
    tracer.enter(
      FrameEvent(
        kind: FrameKind(request.kind), from: request.executor, to: request.codeAddress,
        value: request.kind == .staticCall ? nil : request.value, input: request.input, gas: gas,
        depth: request.depth, callerGas: kept), world: host)
  }

  @inlinable
  mutating func leave(
    _ status: FrameStatus, _ output: UnsafeRawBufferPointer, _ child: UnsafeMutablePointer<Frame>, _ host: H,
    _ tracer: inout T
  ) {
    tracer.leave(
      FrameEnd(status: status, gasUsed: gasGiven.removeLast() - child.pointee.meter.gas, output: output), world: host)
  }
}
