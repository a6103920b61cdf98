// Numbers, times and names as people read them.

const thousands = new Intl.NumberFormat("en-US")

export const number = (value) => thousands.format(value)

/** A quantity of JSON-RPC as a number; for what may be large there is `big`. */
export const int = (quantity) => (quantity === undefined || quantity === null ? 0 : Number(quantity))

export const big = (quantity) => (quantity === undefined || quantity === null ? 0n : BigInt(quantity))

export const hex = (value) => "0x" + BigInt(value).toString(16)

/** Units of 10^decimals, with at most so many digits behind the point; what is less than they show is "<0.0001". */
export function units(value, decimals, digits = 4) {
  const negative = value < 0n
  if (negative) value = -value
  const one = 10n ** BigInt(decimals)
  const whole = value / one
  let fraction = (value % one).toString().padStart(decimals, "0").slice(0, digits).replace(/0+$/, "")
  if (decimals === 0) fraction = ""
  if (value > 0n && whole === 0n && !fraction) return (negative ? "−" : "") + "<0." + "0".repeat(digits - 1) + "1"
  return (negative ? "−" : "") + thousands.format(whole) + (fraction ? "." + fraction : "")
}

export const ether = (wei, digits = 4) => units(big(wei), 18, digits)

export function gwei(wei) {
  const value = big(wei)
  return value < 1_000_000n ? number(value) + " wei" : units(value, 9, 3) + " gwei"
}

/** What an amount of ether in words is in wei; `null` for what is none. */
export function wei(text) {
  const match = /^\s*(\d{1,30})(?:\.(\d{1,18}))?\s*$/.exec(text)
  return match ? BigInt(match[1]) * 10n ** 18n + BigInt((match[2] ?? "").padEnd(18, "0")) : null
}

export const short = (text, head = 6, tail = 4) =>
  text && text.length > head + tail + 3 ? text.slice(0, head + 2) + "…" + text.slice(-tail) : text

/** A text of the chain, so that it shows what it is: controls and what turns the direction of writing around are written
 * out, and the rest of what is too long is left out. */
export function clean(text, limit = 200) {
  const cut = [...text.slice(0, limit * 2)].slice(0, limit)
  const shown = cut.map((character) =>
    /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(character)
      ? "\\u{" + character.codePointAt(0).toString(16) + "}" : character).join("")
  return cut.join("").length < text.length ? shown + "…" : shown
}

/** Seconds since a moment, in words of a constant width. */
export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round((Date.now() - milliseconds) / 1000))
  if (seconds < 60) return seconds + " s ago"
  if (seconds < 3600) return Math.floor(seconds / 60) + " min ago"
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h ago"
  return Math.floor(seconds / 86400) + " days ago"
}

export const time = (milliseconds) => new Date(milliseconds).toISOString().replace("T", " ").slice(0, 19) + " UTC"

export const isAddress = (text) => /^0x[0-9a-fA-F]{40}$/.test(text)

export const isHash = (text) => /^0x[0-9a-fA-F]{64}$/.test(text)
