import NIOCore

/// Follows the frames of a byte stream as far as their bounds (RFC 6455, §5.2): how many bytes of a message have come that
/// is not whole yet. The decoder keeps them without telling. It also sees what the decoder lets pass.
struct WebSocketFrameCounter {
  /// Bytes of the message that is not whole.
  var partial: Int { message + frame }
  /// Messages that have come to their end.
  private(set) var messages: UInt64 = 0
  /// Whether a frame broke a rule that its header shows (§5.2, §5.5): nothing after it means anything.
  private(set) var isBroken = false

  /// Bytes of the frames before the current one that belong to the same message.
  private var message = 0
  /// Bytes of the current frame.
  private var frame = 0
  /// The beginning of the current frame, as far as it is known: at most 14 bytes.
  private var header: [UInt8] = []
  private var headerLength = 2
  /// Bytes of the payload that have not come yet.
  private var missing = 0

  mutating func count(_ bytes: ByteBufferView) {
    var index = bytes.startIndex
    while index < bytes.endIndex, !isBroken {
      if header.count < headerLength {
        header.append(bytes[index])
        index += 1
        frame += 1
        guard header.count == headerLength else { continue }
        guard keepsRules else { return isBroken = true }
        if headerLength == 2, Self.headerLength(of: header[1]) > 2 {
          headerLength = Self.headerLength(of: header[1])
          continue
        }
        missing = payloadLength
      } else {
        let step = min(missing, bytes.endIndex - index)
        index += step
        frame += step
        missing -= step
      }
      if missing == 0 { endFrame() }
    }
  }

  /// No extension is agreed on, so that reserved bits are zero; clients mask; control frames are short and whole.
  private var keepsRules: Bool {
    let isFinal = header[0] & 0x80 != 0, code = header[0] & 0x0f, isControl = code & 0x08 != 0
    guard header[0] & 0x70 == 0, header[1] & 0x80 != 0, code <= 2 || (8...10).contains(code) else { return false }
    return !isControl || isFinal && header[1] & 0x7f <= 125
  }

  private mutating func endFrame() {
    let isFinal = header[0] & 0x80 != 0, isControl = header[0] & 0x08 != 0
    if !isControl {
      message = isFinal ? 0 : message + frame
      if isFinal { messages += 1 }
    }
    frame = 0
    header.removeAll(keepingCapacity: true)
    headerLength = 2
  }

  /// The length of a whole header, from its second byte.
  private static func headerLength(of byte: UInt8) -> Int {
    let extra = byte & 0x7f == 126 ? 2 : byte & 0x7f == 127 ? 8 : 0
    return 2 + extra + (byte & 0x80 != 0 ? 4 : 0)
  }

  private var payloadLength: Int {
    let short = header[1] & 0x7f
    let digits = short == 126 ? header[2..<4] : short == 127 ? header[2..<10] : header[1..<2]
    let length = digits.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    // The decoder refuses what does not fit.
    return Int(clamping: short < 126 ? length & 0x7f : length)
  }
}
