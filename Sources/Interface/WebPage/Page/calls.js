// What calls, errors and events mean, as far as their declarations are known.

import * as abi from "./abi.js"
import { clean, int, number, short } from "./format.js"
import { documentAt } from "./rpc.js"

let known = { functions: {}, errors: {}, events: {} }
const selectors = new Map()

export async function load() {
  known = await documentAt("/signatures.json")
  for (const [selector, text] of Object.entries(known.functions)) selectors.set(canonical(text), selector)
}

const canonical = (text) => text.replace(/ [^,()]*/g, "")

/** The data of a call of a known function, by its declaration without names: `call("transfer(address,uint256)", …)`. */
export function call(signature, ...values) {
  const selector = selectors.get(signature)
  if (!selector) throw new Error("unknown function " + signature)
  return selector + abi.encode(abi.declaration(known.functions[selector]).inputs, values)
}

const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined)

/** What is known of a name and its parameters: `{ name, values: [{ name, shape, value }] }`; `null` where nothing is. */
function decoded(text, data) {
  if (!text) return null
  try {
    const { name, inputs } = abi.declaration(text)
    const values = abi.decode(inputs.map((input) => input.type), data)
    return { name, values: inputs.map((input, index) => ({ name: input.name, shape: input.shape, value: values[index] })) }
  } catch {
    return null
  }
}

/** The call in an input; `null` where the selector is not known, or the data is not what it says. */
export const callOf = (input) =>
  input.length < 10 ? null : decoded(own(known.functions, input.slice(0, 10)), input.slice(10))

/** The name of what an input calls, from its selector alone. */
export function methodOf(transaction) {
  if (transaction.to === null || transaction.to === undefined) return "create"
  const input = transaction.input ?? "0x"
  if (input.length < 10) return big0(transaction.value) ? "call" : "transfer"
  const text = own(known.functions, input.slice(0, 10))
  return text ? text.slice(0, text.indexOf("(")) : input.slice(0, 10)
}

const big0 = (value) => BigInt(value ?? 0) === 0n

/** The arguments of a known call in one line. */
export function argumentsOf(input) {
  const known = callOf(input)
  return known ? known.values.map(({ value, shape }) => (shape === "address" ? short(value) : show(value).slice(0, 40))).join(", ") : ""
}

/** Whether the name of what an input calls is known. */
export const isKnown = (input) => own(known.functions, input.slice(0, 10)) !== undefined

/** Source: the Solidity documentation, "Panic via assert and Error via require". */
const panics = {
  0x01: "assertion failed", 0x11: "arithmetic overflow", 0x12: "division by zero", 0x21: "no such enum value",
  0x22: "storage of a byte array is damaged", 0x31: "pop of an empty array", 0x32: "index out of bounds",
  0x41: "too much memory", 0x51: "call of a function that is not set",
}

/** The reason in the output of a failed call, in words. */
export function reason(output) {
  if (!output || output.length < 10) return "no reason given"
  const error = decoded(own(known.errors, output.slice(0, 10)), output.slice(10))
  if (!error) return "error " + clean(output, 74)
  if (error.name === "Error") return clean(error.values[0].value)
  if (error.name === "Panic") return "panic: " + (panics[Number(error.values[0].value)] ?? "code " + error.values[0].value)
  return error.name + "(" + error.values.map((value) => show(value.value)).join(", ") + ")"
}

/** A decoded value as text. */
export function show(value) {
  if (Array.isArray(value)) {
    const some = value.slice(0, 16).map(show)
    return "[" + some.join(", ") + (value.length > 16 ? ", … " + number(value.length) + " in all" : "") + "]"
  }
  return typeof value === "string" ? clean(value, 500) : String(value)
}

/** An event in a log; `null` where its topic is not known. */
export function eventOf(log) {
  const text = log.topics?.length ? own(known.events, log.topics[0]) : undefined
  if (!text) return null
  try {
    const { name, inputs } = abi.declaration(text)
    // A token with ids has all parameters of the same event in topics.
    const allIndexed = log.topics.length === inputs.length + 1
    const isTopic = (input) => input.isIndexed || allIndexed
    const rest = abi.decode(inputs.filter((input) => !isTopic(input)).map((input) => input.type), log.data)
    let topic = 1
    return {
      name,
      values: inputs.map((input) => ({
        name: input.name, shape: input.shape,
        value: isTopic(input) ? abi.decode([input.type], log.topics[topic++])[0] : rest.shift(),
      })),
    }
  } catch {
    return null
  }
}

/** The text that a call of a contract returns, as a string or as 32 bytes. */
export function textOf(output) {
  try { return abi.decode([abi.type("string")], output)[0] } catch { /* an older token */ }
  const bytes = (output.slice(2, 66).match(/../g) ?? []).map((byte) => parseInt(byte, 16))
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(Uint8Array.from(end < 0 ? bytes : bytes.slice(0, end)))
}

export const kindOf = (transaction) =>
  ({ 0: "legacy", 1: "access list", 2: "EIP-1559", 4: "EIP-7702", 0x71: "typed data", 0x2a: "request from L1" })[
    int(transaction.type)] ?? "type " + int(transaction.type)
