// The page of a transaction: what it is, what it called, why it failed, its events, its way to L1, and its trace.

import { callOf, eventOf, kindOf, methodOf, reason, show as shown } from "./calls.js"
import { copyable, facts, fill, h } from "./dom.js"
import { big, clean, ether, gwei, int, number, short, time } from "./format.js"
import { l2 } from "./rpc.js"
import { watch } from "./live.js"

export const account = (address) => h("a.mono", { href: "#/address/" + address }, address)

export function transactionPage(hash) {
  const body = h("div", {}, h("p.faint", {}, "…"))
  const section = h("section", {}, h("h1", {}, "Transaction"), body)
  let isOver = false, isShown = false, isBusy = false
  const look = async () => {
    if (isShown || isOver || isBusy) return
    isBusy = true
    try {
      const transaction = await l2.call("eth_getTransactionByHash", hash)
      if (!transaction) {
        const refusal = await l2.call("zkos_getRefusal", hash)
        fill(body, h("p", {}, refusal ? "Refused: " + clean(refusal.reason ?? refusal.message ?? "no reason", 300) : "The chain and the pool know no such transaction yet."))
        return
      }
      const receipt = await l2.call("eth_getTransactionReceipt", hash)
      isShown = receipt !== null
      await show(transaction, receipt, body, () => isOver)
    } catch (error) {
      fill(body, h("p.bad", {}, clean(error.message)))
    } finally {
      isBusy = false
    }
  }
  look()
  const end = watch(look)
  return { element: section, end: () => { isOver = true; end() } }
}

async function show(transaction, receipt, body, isOver) {
  const isFailed = receipt && int(receipt.status) === 0
  const failure = h("p.failure.bad", { hidden: !isFailed }, "…")
  const fee = receipt ? big(receipt.gasUsed) * big(receipt.effectiveGasPrice) : null
  const way = h("ol.journey", { "aria-label": "The way of the transaction" })
  fill(body,
    h("p.verdict", {},
      h("span.badge" + (isFailed ? ".bad" : receipt ? ".good" : ""), {}, isFailed ? "failed" : receipt ? "succeeded" : "waits"),
      " ", h("span.method", {}, clean(methodOf(transaction), 60))),
    failure,
    facts(
      ["Hash", copyable(transaction.hash), { class: "mono" }],
      ["Block", receipt ? h("a.num", { href: "#/block/" + int(receipt.blockNumber) }, number(int(receipt.blockNumber))) : "in none yet"],
      ["Time", transaction.blockTimestamp ? time(int(transaction.blockTimestamp) * 1000) : undefined],
      ["From", account(transaction.from)],
      ["To", transaction.to ? account(transaction.to) : receipt?.contractAddress ? ["new contract ", account(receipt.contractAddress)] : "new contract"],
      ["Value", h("span.num", {}, ether(transaction.value, 18) + " ETH")],
      ["Fee", fee === null ? undefined : h("span.num", {}, ether(fee, 18) + " ETH at " + gwei(receipt.effectiveGasPrice))],
      ["Gas", receipt ? h("span.num", {}, number(int(receipt.gasUsed)) + " of " + number(int(transaction.gas))) : h("span.num", {}, number(int(transaction.gas)))],
      ["Nonce", h("span.num", {}, number(int(transaction.nonce)))],
      ["Kind", kindOf(transaction)],
    ),
    h("h2", {}, "Input"), input(transaction),
    receipt?.logs?.length ? [h("h2", {}, "Events"), events(receipt.logs)] : null,
    receipt ? [h("h2", {}, "Way to L1"), way] : null,
    receipt ? [h("h2", {}, "Trace"), trace(transaction.hash)] : null,
  )
  if (isFailed) {
    const tell = (text) => fill(failure, text)
    l2.call("ots_getTransactionError", transaction.hash).then((data) => tell("Reverted: " + reason(data)), (error) => tell(clean(error.message)))
  }
  if (receipt) follow(transaction.hash, way, isOver)
}

/** Shows how far the transaction is, until it is final or nobody looks any more. */
async function follow(hash, way, isOver) {
  while (!isOver()) {
    try {
      const details = await l2.call("zks_getTransactionDetails", hash)
      const steps = [
        ["in a block", true, null], ["committed", details?.ethCommitTxHash, details?.ethCommitTxHash],
        ["proven on L1", details?.ethProveTxHash, details?.ethProveTxHash], ["executed", details?.ethExecuteTxHash, details?.ethExecuteTxHash],
      ]
      fill(way, steps.map(([name, isDone, proof]) => h(isDone ? "li.done" : "li", {}, name, proof ? h("span.faint.mono", {}, " " + short(proof)) : null)))
      if (details?.ethExecuteTxHash) return
    } catch { /* the next round */ }
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

function values(list) {
  return h("dl.values", {}, list.map(({ name, shape, value }) => [
    h("dt", {}, name || "·", h("span.faint.shape", {}, " " + (shape.length > 40 ? "tuple" : shape))),
    h("dd.mono", {}, shape === "address" ? account(value) : shown(value)),
  ]))
}

function input(transaction) {
  const data = transaction.input ?? "0x"
  if (data === "0x") return h("p.faint", {}, "none")
  const call = transaction.to ? callOf(data) : null
  const raw = h("details", {}, h("summary", {}, number((data.length - 2) / 2) + " bytes"),
    h("pre.data", {}, data.slice(0, 20_000) + (data.length > 20_000 ? "…" : "")))
  return [call ? [h("p", {}, h("span.method", {}, call.name)), values(call.values)] : h("p", {}, "Selector ", h("span.mono", {}, data.slice(0, 10))), raw]
}

/** No transaction shows more events than that. */
const mostEvents = 200

function events(logs) {
  return h("ol.events", {}, logs.slice(0, mostEvents).map((log) => {
    const event = eventOf(log)
    return h("li", {}, h("p", {}, h("span.method", {}, event ? event.name : "event"), " of ", account(log.address)),
      event ? values(event.values) : [log.topics.map((topic) => h("p.mono.faint", {}, topic)), log.data === "0x" ? null : h("pre.data", {}, clean(log.data, 600))])
  }), logs.length > mostEvents ? h("li.faint", {}, "and " + number(logs.length - mostEvents) + " more") : null)
}

// The trace: a tree of calls, each with its gas and its share of the whole.

/** A tree shows no more calls than that at once; the rest opens on demand. */
const mostCalls = 300

function trace(hash) {
  const place = h("div.trace", { role: "group", "aria-label": "Calls of the transaction" }, h("p.faint", {}, "…"))
  l2.call("debug_traceTransaction", hash, { tracer: "callTracer", tracerConfig: { withLog: false } }).then(
    (root) => {
      const budget = { left: mostCalls }
      fill(place, callRow(root, int(root.gasUsed) || 1, budget, 0))
    },
    (error) => fill(place, h("p.faint", {}, "No trace: " + clean(error.message))))
  return place
}

function callRow(frame, whole, budget, depth) {
  budget.left--
  const isFailed = frame.error !== undefined
  const known = frame.input && frame.type !== "CREATE" && frame.type !== "CREATE2" ? callOf(frame.input) : null
  const name = frame.type.startsWith("CREATE") ? "create" : known ? known.name : frame.input?.length >= 10 ? frame.input.slice(0, 10) : "transfer"
  const used = int(frame.gasUsed)
  const share = h("span.filled")
  share.style.width = Math.min(100, (100 * used) / whole).toFixed(1) + "%"
  const line = h("span.call", {},
    h("span.kind", {}, frame.type.toLowerCase()), h("span.mono.to", { title: frame.to ?? "" }, frame.to ? short(frame.to) : "—"),
    h("span.method", {}, clean(name, 40)),
    big(frame.value) ? h("span.num", {}, ether(frame.value) + " ETH") : null,
    isFailed ? h("span.bad", {}, frame.output && frame.output !== "0x" ? reason(frame.output) : clean(frame.revertReason ?? frame.error)) : null,
    h("span.gas", {}, h("span.bar", {}, share), h("span.num", {}, number(used))))
  const about = h("div.about", {},
    frame.to ? h("p", {}, "to ", account(frame.to)) : null,
    known ? values(known.values) : frame.input && frame.input !== "0x" ? h("pre.data", {}, clean(frame.input, 1200)) : null,
    frame.output && frame.output !== "0x" && !isFailed ? h("p.faint.mono.output", {}, "→ " + clean(frame.output, 300)) : null,
    h("p.faint.num", {}, number(int(frame.gas)) + " gas given"))
  const calls = frame.calls ?? []
  const inner = h("div.inner")
  const grow = () => {
    const start = inner.querySelectorAll(":scope > .frame").length
    const some = calls.slice(start, start + 50)
    budget.left = Math.max(budget.left, 50)
    const rest = calls.length - start - some.length
    inner.querySelector(":scope > .more")?.remove()
    inner.append(...some.map((call) => callRow(call, whole, budget, depth + 1)))
    if (rest > 0) inner.append(h("button.more", { type: "button", onclick: grow }, number(rest) + " more calls"))
  }
  const isOpen = calls.length > 0 && budget.left > 0 && depth < 12
  if (isOpen) grow()
  else if (calls.length) inner.append(h("button.more", { type: "button", onclick: grow }, number(calls.length) + " calls"))
  const element = h("details.frame" + (isFailed ? ".failed" : ""), {}, h("summary", {}, line), about)
  return h("div.frame", {}, element, inner)
}
