// The first page: what the chain is doing now.

import { batchList } from "./batches.js"
import { blockList, explain, rowHeight, transactionCells, transactionsOf } from "./blocks.js"
import { fill, h, say } from "./dom.js"
import { ago, clean, gwei, number } from "./format.js"
import { VirtualList } from "./list.js"
import { block, live, rates, watch } from "./live.js"

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 5 })

const titles = {
  production: "Production", storage: "Storage", tree: "State tree", batches: "Batches", proofs: "Proofs",
  l1_commit: "Committed", l1_prove: "Proven on L1", l1_execute: "Executed", notifier: "Subscriptions",
}

/** The stages in the order in which blocks go through them. */
function pipeline() {
  const element = h("ol.pipeline", { "aria-label": "Stages" })
  const cells = new Map()
  const show = () => {
    const stages = (live.pipeline.stages ?? []).filter((stage) => stage.name !== "notifier")
    if (stages.length !== cells.size || stages.some((stage) => !cells.has(stage.name))) {
      cells.clear()
      fill(element, stages.map((stage) => {
        const cell = {
          position: h("span.position.num"), lag: h("span.lag.num"), filled: h("span.filled"), reason: h("span.reason"),
        }
        cell.element = h("li", { "data-stage": stage.name }, h("span.title", {}, titles[stage.name] ?? clean(stage.name, 30)),
          cell.position, h("span.bar", {}, cell.filled), cell.lag, cell.reason)
        cells.set(stage.name, cell)
        return cell.element
      }))
      if (!stages.length) fill(element, h("li.empty.faint", {}, "…"))
    }
    for (const stage of stages) {
      const cell = cells.get(stage.name)
      say(cell.position, (stage.unit === "batch" ? "batch " : "") + number(stage.position))
      say(cell.lag, stage.lag ? number(stage.lag) + " behind" : "up to date")
      cell.filled.style.width = Math.max(2, 100 - Math.min(98, stage.lag)) + "%"
      const reason = stage.waiting_for ? "waits for " + clean(stage.waiting_for, 120) + ", since " + ago(Date.parse(stage.since)).replace(" ago", "") : ""
      say(cell.reason, reason)
      cell.reason.title = reason
      cell.element.classList.toggle("waiting", Boolean(stage.waiting_for))
      cell.element.classList.toggle("behind", stage.lag > 0)
    }
  }
  return { element, show }
}

function tiles() {
  const tile = (name) => {
    const value = h("span.value.num", {}, "–"), note = h("span.note.num")
    return { value, note, element: h("div.tile", {}, h("span.name", {}, name), value, note) }
  }
  const all = {
    head: tile("Block"), speed: tile("Transactions / s"), gas: tile("Gas / s"), pool: tile("Pool"),
    price: tile("Gas price"), l1: tile("L1 gas price"), operator: tile("Operator on L1"),
  }
  const show = () => {
    const rate = rates(), newest = block(live.head)
    say(all.head.value, number(live.head))
    say(all.head.note, newest?.time ? ago(newest.time) : "")
    say(all.speed.value, rate.transactions < 10 ? rate.transactions.toFixed(1) : number(Math.round(rate.transactions)))
    say(all.speed.note, rate.blocks.toFixed(1) + " blocks / s")
    say(all.gas.value, rate.gas < 1e6 ? number(Math.round(rate.gas / 1e3)) + " k" : (rate.gas / 1e6).toFixed(1) + " M")
    say(all.pool.value, number(live.pool.pending))
    say(all.pool.note, number(live.pool.queued) + " wait for a nonce")
    say(all.price.value, gwei(live.gasPrice))
    say(all.l1.value, live.l1GasPrice === null ? "–" : gwei(live.l1GasPrice))
    const { balances, spent } = live.settlement
    const sum = balances.reduce((total, each) => total + each.ether, 0)
    say(all.operator.value, balances.length ? compact.format(sum) + " ETH" : "–")
    say(all.operator.note, balances.length ? (spent / 1e9).toFixed(4) + " spent" : "nothing is sent to L1")
    all.operator.element.title = balances.map((each) => each.account).join(" ")
  }
  return { element: h("div.tiles", {}, Object.values(all).map((each) => each.element)), show }
}

/** The newest transactions: of the newest blocks that have some, as many as there is room for. */
function transactionList(chip) {
  const most = 200
  let items = [], seen = 0, isBusy = false, waiting = []
  const list = new VirtualList({
    height: rowHeight, label: "Transactions, the newest first", className: ".transactions.narrow",
    item: (place) => items[place], href: (each) => "#/tx/" + each.transaction.hash, render: transactionCells,
  })
  const take = () => {
    if (list.isHeld && items.length) return say(chip, waiting.length ? number(waiting.length) + " new" : "")
    say(chip, "")
    if (!waiting.length) return
    items = [...waiting, ...items].slice(0, most)
    list.set(items.length, waiting.length)
    waiting = []
  }
  const follow = async () => {
    take()
    if (isBusy || live.head <= seen) return
    isBusy = true
    try {
      // A fast chain is not followed through every block, only seen as it is now.
      const head = live.head, first = Math.max(seen + 1, head - (seen ? 4 : 12))
      const parts = []
      for (let height = head; height >= first; height--) {
        if (block(height)?.count === 0) continue
        parts.push(...(await transactionsOf(height, 0, 25)))
        if (parts.length >= 100) break
      }
      seen = head
      await explain(parts)
      waiting = [...parts, ...waiting].slice(0, most)
      take()
    } catch { /* with the next block */ }
    await new Promise((resolve) => setTimeout(resolve, 300))
    isBusy = false
  }
  follow()
  return { element: list.element, end: watch(follow) }
}

export function overviewPage() {
  const numbers = tiles(), stages = pipeline()
  const chips = [h("span.chip"), h("span.chip"), h("span.chip")]
  const lists = [blockList(chips[0]), transactionList(chips[1]), batchList(chips[2])]
  const state = h("p.state-line.faint", { role: "status" })
  const show = () => {
    numbers.show()
    stages.show()
    const { state: phase, block: at, of, blocks_per_second: rate, seconds_left: left } = live.pipeline
    say(state, phase === "recovering"
      ? "The node recovers: block " + number(at) + " of " + number(of) + ", " + number(rate) + " a second" + (left === null ? "" : ", " + number(left) + " s left")
      : phase === "running" ? "" : "The node is " + clean(phase ?? "", 40))
  }
  const end = watch(show)
  show()
  const panel = (title, chip, list) => h("section.panel", {}, h("h2", {}, title, " ", chip), list.element)
  return {
    element: h("div.overview", {}, h("h1.hidden", {}, "Overview"), numbers.element, state, stages.element,
      h("div.columns", {}, panel("Blocks", chips[0], lists[0]), panel("Transactions", chips[1], lists[1]), panel("Batches", chips[2], lists[2]))),
    end: () => {
      end()
      for (const list of lists) list.end()
    },
  }
}
