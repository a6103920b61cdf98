// What the page knows of the chain while it changes: one place that asks, and everybody who is told.

import { big, int } from "./format.js"
import { documentAt, l2 } from "./rpc.js"

const listeners = new Set()
const blocks = new Map()
const asked = new Set()
/** Blocks that stay at hand. */
const mostBlocks = 4096

export const live = {
  head: 0,
  pool: { pending: 0, queued: 0 },
  gasPrice: 0n,
  l1GasPrice: null,
  pipeline: { state: "connecting", stages: [] },
  settlement: { balances: [], spent: 0 },
  facts: {},
  /** Blocks with when they came, over the last seconds: what the rates are computed from. */
  recent: [],
}

/** Is told of every change, some times in a second at most; returns how to end that. */
export function watch(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

let timer = null

function changed() {
  timer ??= setTimeout(() => {
    timer = null
    for (const listener of listeners) listener()
  }, 120)
}

/** A block by its number, as far as the page needs it; undefined while it is asked for. */
export function block(number) {
  const known = blocks.get(number)
  if (!known && !asked.has(number) && asked.size < 64) ask(number)
  return known
}

async function ask(number) {
  asked.add(number)
  try {
    const details = await l2.call("ots_getBlockDetails", "0x" + number.toString(16))
    if (!details) return
    const header = details.block
    remember({
      number, hash: header.hash, time: int(header.timestamp) * 1000, gasUsed: int(header.gasUsed),
      gasLimit: int(header.gasLimit), count: int(header.transactionCount ?? details.transactionCount),
      size: int(header.size), baseFee: big(header.baseFeePerGas), parent: header.parentHash,
      fees: big(details.totalFees),
    })
  } catch { /* asked for again when it is seen */ } finally {
    asked.delete(number)
    changed()
  }
}

function remember(known) {
  blocks.set(known.number, known)
  if (blocks.size > mostBlocks) blocks.delete(blocks.keys().next().value)
  if (known.number > live.head - 64) {
    live.recent.push({ at: Date.now(), number: known.number, count: known.count, gas: known.gasUsed })
    const oldest = Date.now() - 12_000
    live.recent = live.recent.filter((each) => each.at > oldest)
  }
}

/** Transactions and gas a second over the last ten. */
export function rates() {
  const from = Date.now() - 10_000
  const some = live.recent.filter((each) => each.at > from)
  const sum = (key) => some.reduce((total, each) => total + each[key], 0)
  return { transactions: sum("count") / 10, gas: sum("gas") / 10, blocks: some.length / 10 }
}

function reached(number) {
  if (number <= live.head) return
  // The rates need every block of a quiet chain, and some of a fast one.
  live.head = number
  block(number)
  changed()
}

async function poll() {
  if (document.hidden) return
  const quiet = async (work) => { try { await work() } catch { /* the next round tries again */ } }
  await Promise.all([
    quiet(async () => { live.pipeline = await documentAt("/status/pipeline") }),
    quiet(async () => {
      const status = await l2.call("txpool_status")
      live.pool = { pending: int(status.pending), queued: int(status.queued) }
    }),
    quiet(async () => { live.gasPrice = big(await l2.call("eth_gasPrice")) }),
    quiet(async () => reached(int(await l2.call("eth_blockNumber")))),
  ])
  changed()
}

async function pollSlowly() {
  if (document.hidden) return
  try { live.l1GasPrice = big(await l2.call("zks_getL1GasPrice")) } catch { live.l1GasPrice = null }
  try {
    const text = await (await fetch("/settlement")).text()
    const samples = [...text.matchAll(/^(\w+)(?:\{([^}]*)\})? (\S+)$/gm)]
    live.settlement = {
      balances: samples.filter((sample) => sample[1] === "l1_sender_balance").map((sample) => ({
        account: /account="(0x[0-9a-fA-F]{40})"/.exec(sample[2] ?? "")?.[1] ?? "", ether: Number(sample[3]),
      })),
      spent: Number(samples.find((sample) => sample[1].startsWith("l1_sender_spent_gwei"))?.[3] ?? 0),
    }
  } catch { /* as above */ }
  changed()
}

/** Whether it is still the same chain and program, after a connection has come back. If not, everything begins again. */
async function recognise() {
  const known = live.head
  try {
    const [facts, head] = await Promise.all([documentAt("/facts.json"), l2.call("eth_blockNumber")])
    if (JSON.stringify(facts) !== JSON.stringify(live.facts) || int(head) < known) location.reload()
  } catch { /* the connection is gone again */ }
}

export function begin() {
  l2.onState((state) => {
    if (state === "live") {
      recognise()
      poll()
      pollSlowly()
    }
    changed()
  })
  l2.subscribe(["newHeads"], (header) => reached(int(header.number)))
  l2.open()
  setInterval(poll, 1000)
  setInterval(pollSlowly, 5000)
}
