import Batches
import HTTP
import JSON
import Primitives

/// The body of a submission: `{"block_number": n, "proof": "<base64>"}`, where n is the number of a batch. Other members are passed over.
struct ProofSubmission {
  let number: BatchNumber
  let proof: [UInt8]

  /// Reads a request as axum's `Json` extractor does: 415 for another media type, 400 for what is not JSON, 422 for JSON
  /// of another shape.
  init(_ request: HTTPRequest) throws(RequestFault) {
    guard let type = request.mediaType, Self.isJSON(type) else { throw .mediaType }
    try self.init(body: Array(request.body.readableBytesView))
  }

  init(body bytes: [UInt8]) throws(RequestFault) {
    let body: JSONValue
    do throws(JSONError) { body = try JSONValue(parsing: bytes) } catch {
      throw .syntax("\(error)")
    }
    guard body.kind == .object else { throw .shape("expected an object, found \(body.kind)") }
    guard let numberValue = body["block_number"] else { throw .shape("missing field `block_number`") }
    guard let number = numberValue.unsignedInteger else { throw .shape("block_number: expected u64") }
    guard let proofValue = body["proof"] else { throw .shape("missing field `proof`") }
    let decoded = proofValue.withStringBytes { text -> Result<[UInt8], Base64.Failure> in
      do throws(Base64.Failure) { return .success(try Base64.decode(text)) } catch { return .failure(error) }
    }
    guard let decoded else { throw .shape("proof: expected a string") }
    self.number = BatchNumber(number)
    do throws(Base64.Failure) { proof = try decoded.get() } catch { throw .base64(error) }
  }

  private static func isJSON(_ type: String) -> Bool {
    type == "application/json" || type.hasPrefix("application/") && type.hasSuffix("+json")
  }
}

/// What is wrong with the form of a request.
enum RequestFault: Error {
  case mediaType
  case syntax(String)
  case shape(String)
  case base64(Base64.Failure)

  var response: HTTPResponse {
    switch self {
    case .mediaType: .text(.unsupportedMediaType, "Expected request with `Content-Type: application/json`")
    case .syntax(let reason): .text(.badRequest, "Failed to parse the request body as JSON: \(reason)")
    case .shape(let reason):
      .text(
        .unprocessableEntity, "Failed to deserialize the JSON body into the target type: \(reason)")
    case .base64(let failure): .text(.badRequest, "invalid base64: \(failure)")
    }
  }
}

/// For fuzzers: a submission from any bytes.
@_spi(Fuzzing)
public enum SubmissionForm {
  /// The number and the proof in a body; `nil` where it is none.
  public static func read(_ body: [UInt8]) -> (number: UInt64, proof: [UInt8])? {
    (try? ProofSubmission(body: body)).map { ($0.number.rawValue, $0.proof) }
  }
}
