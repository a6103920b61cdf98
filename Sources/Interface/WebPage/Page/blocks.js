// The list of blocks, and the page of one block with its transactions.

import { argumentsOf, isKnown, methodOf, reason } from "./calls.js"
import { copyable, facts, fill, h, say } from "./dom.js"
import { ago, big, clean, ether, gwei, hex, int, number, short, time } from "./format.js"
import { Pages, VirtualList } from "./list.js"
import { block, live, watch } from "./live.js"
import { l2 } from "./rpc.js"

export const rowHeight = 44

/** The newest blocks, as they come, down to the first. */
export function blockList(chip) {
  let top = live.head
  const list = new VirtualList({
    height: rowHeight, label: "Blocks, the newest first", className: ".blocks",
    item: (place) => block(top - place), href: (each) => "#/block/" + each.number,
    render: (each) => [
      h("span.num.strong", {}, number(each.number)),
      h("span.num", {}, number(each.count) + " tx"),
      h("span.bar", { title: number(each.gasUsed) + " gas" }, bar(each.gasUsed / (each.gasLimit || 1))),
      h("span.num.faint.end", {}, each.time ? ago(each.time) : "genesis"),
    ],
  })
  const follow = () => {
    const waiting = live.head - top
    say(chip, list.isHeld && waiting > 0 ? number(waiting) + " new" : "")
    if (list.isHeld && list.count) return list.refresh()
    top = live.head
    list.set(top + 1, waiting)
  }
  follow()
  return { element: list.element, end: watch(follow) }
}

/** A bar of so much of the whole. */
export function bar(share) {
  const element = h("span.filled")
  element.style.width = Math.max(0, Math.min(100, 100 * share)).toFixed(1) + "%"
  return element
}

/** The cells of a transaction in a list. */
export function transactionCells({ transaction, receipt, failure }) {
  const isFailed = receipt && int(receipt.status) === 0
  const value = big(transaction.value)
  return [
    h("span.state" + (isFailed ? ".bad" : receipt ? ".good" : ""), { title: isFailed ? "failed" : receipt ? "succeeded" : "waits" },
      isFailed ? "✗" : receipt ? "✓" : "·"),
    h("span.mono", {}, short(transaction.hash)),
    h("span.method", {}, clean(methodOf(transaction), 40)),
    h("span.mono.faint.wide", {}, short(transaction.from) + " → " + (transaction.to ? short(transaction.to) : "new contract")),
    h("span.num.end", {}, isFailed && failure ? h("span.bad", {}, failure) : value ? ether(value) + " ETH"
      : h("span.arguments.mono.faint", {}, argumentsOf(transaction.input ?? "0x"))),
  ]
}

/** Asks what lists do not say: why transactions failed, and what known functions were called with. */
export async function explain(items) {
  const quiet = async (work) => { try { await work() } catch { /* not told */ } }
  await Promise.all(items.slice(0, 25).flatMap((item) => {
    const { transaction, receipt } = item, asked = []
    if (receipt && int(receipt.status) === 0) {
      asked.push(quiet(async () => { item.failure = reason(await l2.call("ots_getTransactionError", transaction.hash)) }))
    } else if (transaction.input?.length === 10 && isKnown(transaction.input)) {
      asked.push(quiet(async () => { transaction.input = (await l2.call("eth_getTransactionByHash", transaction.hash)).input }))
    }
    return asked
  }))
  return items
}

/** A page of the transactions of a block, the last ones first. */
export async function transactionsOf(number, page, size) {
  const answer = await l2.call("ots_getBlockTransactions", hex(number), hex(page), hex(size))
  // Within a page they stand in the order of the block.
  return (answer?.fullblock?.transactions ?? []).map((transaction, place) => ({ transaction, receipt: answer.receipts?.[place] })).reverse()
}

export function blockPage(name) {
  const body = h("div")
  const section = h("section", {}, h("h1", {}, "Block ", h("span.num", {}, number(name))), body)
  show(Number(name), body).catch((error) => fill(body, h("p.bad", {}, clean(error.message))))
  return { element: section }
}

async function show(height, body) {
  fill(body, h("p.faint", {}, "…"))
  const raw = await l2.call("eth_getBlockByNumber", hex(height), false)
  if (!raw) return fill(body, h("p", {}, "The chain has no such block yet."))
  const count = raw.transactions.length
  const details = facts(
    ["Hash", copyable(raw.hash), { class: "mono" }],
    ["Parent", height > 0 ? h("a.mono", { href: "#/block/" + (height - 1) }, raw.parentHash) : raw.parentHash],
    ["Time", int(raw.timestamp) ? time(int(raw.timestamp) * 1000) : "genesis"],
    ["Transactions", h("span.num", {}, number(count))],
    ["Gas", h("span.num", {}, number(int(raw.gasUsed)) + " of " + number(int(raw.gasLimit)))],
    ["Base fee", gwei(raw.baseFeePerGas)],
    ["Size", h("span.num", {}, number(int(raw.size)) + " bytes")],
    ["Batch", raw.l1BatchNumber ? h("a.num", { href: "#/batches" }, number(int(raw.l1BatchNumber))) : undefined],
  )
  const size = 25
  let list
  const pages = new Pages(size, async (page) => explain(await transactionsOf(height, page, size)), () => list.refresh())
  list = new VirtualList({
    height: rowHeight, label: "Transactions of the block, the last ones first", className: ".transactions",
    item: (place) => pages.item(place), href: (each) => "#/tx/" + each.transaction.hash, render: transactionCells,
  })
  list.set(count)
  const neighbours = h("p.neighbours", {},
    height > 0 ? h("a", { href: "#/block/" + (height - 1) }, "← " + number(height - 1)) : null,
    height < live.head ? h("a", { href: "#/block/" + (height + 1) }, number(height + 1) + " →") : null)
  fill(body, neighbours, details, h("h2", {}, "Transactions"), count ? list.element : h("p.faint", {}, "none"))
}
