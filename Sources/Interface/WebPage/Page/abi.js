// The ABI of contracts: types, declarations, encoding and decoding. Data is hexadecimal text without 0x inside.
//
// Source: the Solidity documentation, "Contract ABI Specification". Whatever cannot be decoded strictly is an error, which
// callers show as bytes.

const deepest = 8
const longest = 4096

/** The parts of a list, where commas within parentheses belong to a part. */
function split(list) {
  const parts = []
  let depth = 0, part = ""
  for (const character of list) {
    if (character === "," && depth === 0) {
      parts.push(part)
      part = ""
      continue
    }
    if (character === "(") depth++
    if (character === ")") depth--
    part += character
  }
  if (part.trim()) parts.push(part)
  return parts
}

/** A type by its words, as "uint256", "(address to,bytes data)[]". */
export function type(text) {
  text = text.trim()
  const array = /^(.*)\[(\d*)\]$/.exec(text)
  if (array) return { kind: "array", element: type(array[1]), count: array[2] ? Number(array[2]) : null }
  if (text.startsWith("(")) return { kind: "tuple", members: split(text.slice(1, -1)).map(parameter) }
  const known = /^(uint|int|bytes)?(\d*)$/.exec(text)
  if (text === "address" || text === "bool" || text === "string" || text === "bytes") return { kind: text }
  if (known?.[1] === "bytes") return { kind: "fixed", size: Number(known[2]) }
  if (known?.[1]) return { kind: known[1], bits: Number(known[2] || 256) }
  throw new Error("unknown type " + text)
}

/** A parameter: a type, perhaps "indexed", perhaps a name. */
function parameter(text) {
  const end = text.lastIndexOf(")")
  const head = end < 0 ? 0 : end
  const words = text.slice(head).trim().split(/\s+/)
  const shape = (text.slice(0, head) + words[0]).trim()
  return { type: type(shape), shape, isIndexed: words.includes("indexed"), name: words.length > 1 ? words.at(-1) : "" }
}

/** A declaration, as "transfer(address to,uint256 amount)". */
export function declaration(text) {
  const start = text.indexOf("(")
  return { name: text.slice(0, start), inputs: split(text.slice(start + 1, text.lastIndexOf(")"))).map(parameter) }
}

const isDynamic = (t) =>
  t.kind === "bytes" || t.kind === "string" || (t.kind === "array" && (t.count === null || isDynamic(t.element)))
  || (t.kind === "tuple" && t.members.some((member) => isDynamic(member.type)))

/** Bytes that a value takes in the head. */
const headSize = (t) =>
  isDynamic(t) ? 32 : t.kind === "array" ? t.count * headSize(t.element)
  : t.kind === "tuple" ? t.members.reduce((sum, member) => sum + headSize(member.type), 0) : 32

// Decoding

class Data {
  constructor(text) { this.text = text }

  get length() { return this.text.length / 2 }

  slice(offset, count) {
    if (offset < 0 || count < 0 || offset + count > this.length) throw new Error("the data ends early")
    return this.text.slice(2 * offset, 2 * (offset + count))
  }

  word(offset) { return BigInt("0x" + this.slice(offset, 32)) }

  /** A length or an offset: never more than there are bytes. */
  size(offset) {
    const value = this.word(offset)
    if (value > BigInt(this.length)) throw new Error("an offset beyond the data")
    return Number(value)
  }
}

function decodeValue(t, data, at, base, depth) {
  if (depth > deepest) throw new Error("too deep")
  if (isDynamic(t)) at = base + data.size(at)
  switch (t.kind) {
    case "tuple": return decodeAll(t.members.map((member) => member.type), data, at, depth + 1)
    case "array": {
      const count = t.count ?? data.size(at)
      if (count > longest) throw new Error("too long")
      return decodeAll(Array(count).fill(t.element), data, t.count === null ? at + 32 : at, depth + 1)
    }
    case "bytes": return "0x" + data.slice(at + 32, data.size(at))
    case "string": {
      const text = data.slice(at + 32, data.size(at))
      const bytes = Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16))
      return new TextDecoder().decode(bytes)
    }
    case "address": return "0x" + data.slice(at, 32).slice(24)
    case "bool": return data.word(at) !== 0n
    case "fixed": return "0x" + data.slice(at, 32).slice(0, 2 * t.size)
    case "int": return BigInt.asIntN(256, data.word(at))
    default: return data.word(at)
  }
}

function decodeAll(types, data, base, depth) {
  let at = base
  return types.map((t) => {
    const value = decodeValue(t, data, at, base, depth)
    at += headSize(t)
    return value
  })
}

/** The values of types in data "0x…". */
export const decode = (types, text) => decodeAll(types, new Data(text.replace(/^0x/, "")), 0, 0)

// Encoding

const word = (value) => BigInt.asUintN(256, BigInt(value)).toString(16).padStart(64, "0")

const padded = (text) => text + "0".repeat((64 - (text.length % 64)) % 64)

function encodeValue(t, value) {
  switch (t.kind) {
    case "tuple": return encodeAll(t.members.map((member) => member.type), value)
    case "array": {
      const elements = encodeAll(Array(value.length).fill(t.element), value)
      return t.count === null ? word(value.length) + elements : elements
    }
    case "bytes": return word((value.length - 2) / 2) + padded(value.slice(2))
    case "fixed": return padded(value.slice(2))
    case "bool": return word(value ? 1 : 0)
    default: return word(value)
  }
}

function encodeAll(types, values) {
  let head = "", tail = ""
  const size = types.reduce((sum, t) => sum + headSize(t), 0)
  types.forEach((t, index) => {
    const encoded = encodeValue(t, values[index])
    if (!isDynamic(t)) {
      head += encoded
      return
    }
    head += word(size + tail.length / 2)
    tail += encoded
  })
  return head + tail
}

/** Values of a declaration as data, without a selector. */
export const encode = (inputs, values) => encodeAll(inputs.map((input) => input.type), values)
