import Batches
import HTTP
import JSON
import NIOPosix
import Primitives

/// The HTTP interface of provers: five routes under `/prover-jobs`, without authentication.
///
/// Routes, status codes and texts are those of zksync-os-server `node/sequencer/src/prover_api/prover_server.rs`, which
/// existing provers speak to, with the answers of its web framework (axum) to malformed requests. What is called
/// `block_number` there is the number of a batch, which has one block.
public struct ProverAPI: Sendable {
  /// Bytes of a request: a proof in base64 is well above the two mebibytes that the reference allows.
  public static let defaultBodyLimit = 32 << 20

  private let jobs: ProofJobs
  private let threads: NIOThreadPool

  /// - Parameter threads: a started pool for work that reads or writes the store.
  public init(jobs: ProofJobs, threads: NIOThreadPool) {
    self.jobs = jobs
    self.threads = threads
  }

  /// Limits that fit the service: few clients, large bodies.
  public static func limits(bodyBytes: Int = defaultBodyLimit) -> HTTPServer.Limits {
    var limits = HTTPServer.Limits()
    limits.connections = 256
    limits.bodyBytes = bodyBytes
    return limits
  }

  /// The service to start a server with.
  public var router: HTTPRouter {
    var router = HTTPRouter()
    router.on(.GET, "/prover-jobs/status") { call in call.reply.send(status()) }
    router.on(.GET, "/prover-jobs/available") { call in run(call) { available() } }
    router.on(.POST, "/prover-jobs/FRI/pick") { call in
      run(call) { pick(ProverName.of(call.request)) }
    }
    router.on(.POST, "/prover-jobs/FRI/submit") { call in run(call) { submit(call.request) } }
    router.on(.GET, "/prover-jobs/FRI/:block") { call in
      let segment = call.segments[0]
      // Fixed paths come before free segments.
      if segment == "pick" || segment == "submit" { return call.reply.send(HTTPResponse(.methodNotAllowed)) }
      run(call) { proof(segment) }
    }
    return router
  }

  /// Answers from a thread that may wait for the disk.
  private func run(_ call: HTTPRouter.Call, _ body: @escaping @Sendable () -> HTTPResponse) {
    threads.submit { state in
      switch state {
      case .active: call.reply.send(body())
      case .cancelled: call.reply.send(.text(.serviceUnavailable, "shutting down"))
      }
    }
  }

  // MARK: Routes

  private func status() -> HTTPResponse {
    var writer = JSONWriter()
    writer.beginArray()
    for job in jobs.status {
      writer.beginObject()
      writer.key("block_number")
      writer.number(job.number.rawValue)
      writer.key("status")
      if let time = job.assignedFor {
        writer.string("Assigned" as StaticString)
        writer.key("assigned_seconds_ago")
        writer.number(max(0, time.components.seconds))
      } else {
        writer.string("Pending" as StaticString)
      }
      writer.endObject()
    }
    writer.endArray()
    return .json(ByteBuffer(bytes: writer.bytes))
  }

  private func available() -> HTTPResponse {
    var writer = JSONWriter()
    do throws(ProofStoreError) {
      let proofs = try jobs.store.proved()
      writer.beginArray()
      for proof in proofs {
        writer.beginObject()
        writer.key("block_number")
        writer.number(proof.number.rawValue)
        writer.key("available_proofs")
        writer.beginArray()
        switch proof.kind {
        case .fri: writer.string("fri" as StaticString)
        case .fake: writer.string("fake_fri" as StaticString)
        }
        writer.endArray()
        writer.endObject()
      }
      writer.endArray()
    } catch {
      return .text(.internalServerError, "\(error)")
    }
    return .json(ByteBuffer(bytes: writer.bytes))
  }

  private func pick(_ prover: String) -> HTTPResponse {
    do throws(ProofStoreError) {
      guard let job = try jobs.pick(prover) else { return HTTPResponse(.noContent) }
      return Self.payload(job.number, "prover_input", job.input)
    } catch {
      return .text(.internalServerError, "\(error)")
    }
  }

  private func submit(_ request: HTTPRequest) -> HTTPResponse {
    let submission: ProofSubmission
    do throws(RequestFault) { submission = try ProofSubmission(request) } catch { return error.response }
    let prover = ProverName.of(request)
    do throws(ProofSubmissionError) {
      try jobs.submit(submission.number, proof: submission.proof, prover: prover)
      return HTTPResponse(.noContent)
    } catch {
      switch error {
      case .unknownBatch: return .text(.notFound, "unknown block")
      case .invalid(.malformed(let reason)): return .text(.badRequest, reason)
      case .invalid: return .text(.badRequest, "proof verification failed")
      case .store(let error): return .text(.internalServerError, "\(error)")
      }
    }
  }

  private func proof(_ segment: String) -> HTTPResponse {
    guard let number = UInt64(segment).map(BatchNumber.init(rawValue:)) else {
      return .text(.badRequest, "Invalid URL: Cannot parse `\(segment)` to a `u64`")
    }
    do throws(ProofStoreError) {
      guard let proof = try jobs.store.proof(number) else { return HTTPResponse(.noContent) }
      return Self.payload(number, "proof", proof.bytes, isFake: proof.kind == .fake)
    } catch {
      return .text(.internalServerError, "\(error)")
    }
  }

  /// A number, and bytes in base64. What is fake says so in a member of its own.
  private static func payload(_ number: BatchNumber, _ name: String, _ bytes: [UInt8], isFake: Bool = false)
    -> HTTPResponse
  {
    var text = Array("{\"block_number\":\(number),\"\(name)\":\"".utf8)
    text.reserveCapacity(text.count + Base64.encodedLength(bytes.count) + 32)
    Base64.append(bytes, to: &text)
    text += Array((isFake ? "\",\"is_fake\":true}" : "\"}").utf8)
    return .json(ByteBuffer(bytes: text))
  }
}
