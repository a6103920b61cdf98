// The way of batches: sealed, proved, committed, proven on L1, executed.

import { h, say } from "./dom.js"
import { ago, number, short } from "./format.js"
import { VirtualList } from "./list.js"
import { live, watch } from "./live.js"
import { l2 } from "./rpc.js"
import { rowHeight } from "./blocks.js"

const known = new Map()
const asked = new Set()

const position = (name) => live.pipeline.stages?.find((stage) => stage.name === name)?.position

/** Whether a stage is done with a batch: the stages are known before the details of each batch are. */
const isThrough = (stage, each) => each.number <= (position(stage) ?? -1)

const steps = [
  { name: "sealed", is: () => true },
  { name: "proved", is: (each) => isThrough("proofs", each) },
  { name: "committed", is: (each) => each.committed || isThrough("l1_commit", each) },
  { name: "proven on L1", is: (each) => each.proven || isThrough("l1_prove", each) },
  { name: "executed", is: (each) => each.executed || isThrough("l1_execute", each) },
]

function batch(height) {
  const each = known.get(height)
  if ((!each || (!each.executed && Date.now() > each.asked + 1000)) && !asked.has(height) && asked.size < 32) ask(height)
  return each
}

async function ask(height) {
  asked.add(height)
  try {
    const details = await l2.call("zks_getL1BatchDetails", height)
    if (!details) return
    const moment = (text) => (text ? Date.parse(text) : null)
    known.set(height, {
      number: height, asked: Date.now(),
      committed: moment(details.committedAt), proven: moment(details.provenAt), executed: moment(details.executedAt),
      transactions: { committed: details.commitTxHash, "proven on L1": details.proveTxHash, executed: details.executeTxHash },
    })
    if (known.size > 4096) known.delete(known.keys().next().value)
  } catch { /* asked for again when it is seen */ } finally {
    asked.delete(height)
  }
}

const last = () => position("batches") ?? 0

/** The newest batches, as they come. */
export function batchList(chip, isWide = false) {
  let top = last()
  const list = new VirtualList({
    height: rowHeight, label: "Batches, the newest first", className: isWide ? ".batches.wide" : ".batches",
    item: (place) => batch(top - place), href: (each) => "#/block/" + each.number,
    render: (each) => [
      h("span.num.strong", {}, number(each.number)),
      h("span.way", { title: steps.filter((step) => step.is(each)).map((step) => step.name).join(", ") },
        steps.map((step) => h(step.is(each) ? "span.step.done" : "span.step", { "data-step": step.name },
          isWide ? h("span", {}, step.name) : null,
          isWide ? h("span.faint.mono", {}, each.transactions[step.name] ? short(each.transactions[step.name], 4, 4) : "") : null,
        ))),
      h("span.num.faint.end", {}, each.executed ? (isWide ? "executed " : "") + ago(each.executed) : steps.findLast((step) => step.is(each)).name),
    ],
  })
  const follow = () => {
    const waiting = last() - top
    say(chip, list.isHeld && waiting > 0 ? number(waiting) + " new" : "")
    if (!list.isHeld || !list.count) {
      top = last()
      list.set(top, Math.max(0, waiting))
    } else {
      list.refresh()
    }
  }
  follow()
  return { element: list.element, end: watch(follow) }
}

export function batchesPage() {
  const chip = h("span.chip")
  const list = batchList(chip, true)
  return {
    element: h("section.tall", {}, h("h1", {}, "Batches ", chip),
      h("p.faint", {}, "From a sealed block to what is final on L1."), list.element),
    end: list.end,
  }
}
