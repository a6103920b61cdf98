// Executes programs of one instruction each, for scripts/count-instructions to count under callgrind what they cost.
//
// A program of its own, because it must have one thread only: callgrind dies of those that the asynchronous tools start.
// Each execution that counts is one call of `measured`, after which callgrind writes its count down; for each, a line
// names the program, the interpreter and the units in the code.

import EVMBenchmark

@inline(never)
func measured(_ run: InstructionRun) -> Bool { run.execute() }

for program in InstructionProgram.all {
  for (interpreter, tier, native) in [
    ("reference", InterpreterTier.reference, false), ("native", .reference, true), ("blocks", .blocks, false),
  ] {
    for count in [100, 200] {
      guard measured(InstructionRun(program, count: count, tier: tier, native: native)) else {
        preconditionFailure("\(program.name) does not end well")
      }
      let opcode = program.opcode.map { "\($0)".uppercased() } ?? ""
      print("\(program.name)\t\(opcode)\t\(program.minus.joined(separator: ","))\t\(interpreter)\t\(count)")
    }
  }
}
