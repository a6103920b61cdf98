import Batches
import Concurrency
import HTTP
import JSON
import NIOPosix
import Primitives

/// The HTTP interface of provers: five routes under `/prover-jobs`, without authentication of its own.
///
/// Routes, status codes and texts are those of zksync-os-server `node/sequencer/src/prover_api/prover_server.rs`, which
/// existing provers speak to, with the answers of its web framework (axum) to malformed requests. What is called
/// `block_number` there is the number of a batch, which has one block. Beyond the reference, a refusal gives its reason, and
/// proofs that are not proofs beyond doubt say so.
public struct ProverAPI: Sendable {
  /// Bytes of a request: a proof in base64 is well above the two mebibytes that the reference allows.
  public static let defaultBodyLimit = 32 << 20

  private let jobs: ProofJobs
  private let threads: NIOThreadPool
  private let submissions: SubmissionQueue
  private let refused: @Sendable () -> Void

  /// - Parameters:
  ///   - threads: a started pool for work that reads or writes the store.
  ///   - submissions: a started queue for work that takes long.
  ///   - refused: hears of a submission for which there was no room.
  public init(
    jobs: ProofJobs, threads: NIOThreadPool, submissions: SubmissionQueue,
    refused: @escaping @Sendable () -> Void = {}
  ) {
    self.jobs = jobs
    self.threads = threads
    self.submissions = submissions
    self.refused = refused
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
      run(call) { pick(ProverName.identity(of: call.request)) }
    }
    router.on(.POST, "/prover-jobs/FRI/submit") { call in enqueue(call) }
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
      case .cancelled: call.reply.send(Self.shuttingDown)
      }
    }
  }

  private static let shuttingDown = HTTPResponse.text(.serviceUnavailable, "shutting down")
  /// Seconds after which a prover may try again for which there was no room: some tens of submissions later.
  private static let retrySeconds = 5

  /// Lets a submission wait for a thread that verifies. It goes on when its prover has gone: a proof is dear.
  private func enqueue(_ call: HTTPRouter.Call) {
    let work = SubmissionQueue.Work(bytes: call.request.body.readableBytes) { cancellation in
      call.reply.send(cancellation.isCancelled ? Self.shuttingDown : submit(call.request, cancellation))
    }
    call.reply.whenAbandoned(after: nil) { reason in
      if reason == .shutdown { work.cancellation.cancel(reason) }
    }
    guard submissions.add(work) else {
      refused()
      var response = HTTPResponse.text(
        .serviceUnavailable, "too many submissions wait to be verified, try again in \(Self.retrySeconds) seconds")
      response.headers.append(("Retry-After", "\(Self.retrySeconds)"))
      return call.reply.send(response)
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
        writer.string(proof.kind.name)
        writer.endArray()
        writer.endObject()
      }
      writer.endArray()
    } catch {
      return .text(.internalServerError, "\(error)")
    }
    return .json(ByteBuffer(bytes: writer.bytes))
  }

  private func pick(_ prover: ProverIdentity) -> HTTPResponse {
    do throws(ProofStoreError) {
      guard let job = try jobs.pick(prover) else { return HTTPResponse(.noContent) }
      return Self.payload(job.number, "prover_input", job.input)
    } catch {
      return .text(.internalServerError, "\(error)")
    }
  }

  private func submit(_ request: HTTPRequest, _ cancellation: Cancellation) -> HTTPResponse {
    let submission: ProofSubmission
    do throws(RequestFault) { submission = try ProofSubmission(request) } catch { return error.response }
    let prover = ProverName.identity(of: request)
    do throws(ProofSubmissionError) {
      try jobs.submit(submission.number, proof: submission.proof, prover: prover, cancellation)
      return HTTPResponse(.noContent)
    } catch {
      switch error {
      case .unknownBatch: return .text(.notFound, "unknown block")
      case .invalid(let fault): return .text(.badRequest, "\(fault)")
      case .interrupted: return Self.shuttingDown
      case .store(let error): return .text(.internalServerError, "\(error)")
      }
    }
  }

  private func proof(_ segment: String) -> HTTPResponse {
    guard let number = UInt64(segment).map(BatchNumber.init(rawValue:)) else {
      return .text(.badRequest, "Invalid URL: Cannot parse `\(segment)` to a `u64`")
    }
    do throws(ProofStoreError) {
      guard let proof = try jobs.store.proof(number) else {
        let pruned = jobs.store.prunedThrough
        guard number > .genesis, number <= pruned else { return HTTPResponse(.noContent) }
        return .text(.gone, "pruned: proofs are kept from batch \(pruned.next) on (pruning_kept_proofs)")
      }
      return Self.payload(number, "proof", proof.bytes, kind: proof.kind)
    } catch {
      return .text(.internalServerError, "\(error)")
    }
  }

  /// A number, and bytes in base64. What is no proof beyond doubt says so in a member of its own.
  private static func payload(_ number: BatchNumber, _ name: String, _ bytes: [UInt8], kind: StoredProof.Kind = .fri)
    -> HTTPResponse
  {
    var text = Array("{\"block_number\":\(number),\"\(name)\":\"".utf8)
    text.reserveCapacity(text.count + Base64.encodedLength(bytes.count) + 32)
    Base64.append(bytes, to: &text)
    switch kind {
    case .fri: text += Array("\"}".utf8)
    case .friUnverified: text += Array("\",\"is_unverified\":true}".utf8)
    case .fake: text += Array("\",\"is_fake\":true}".utf8)
    }
    return .json(ByteBuffer(bytes: text))
  }
}
