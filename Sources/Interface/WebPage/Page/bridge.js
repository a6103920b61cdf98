// Ether between the chains of a development rollup, and transactions of accounts whose keys everybody knows.

import { call, reason } from "./calls.js"
import { fill, h } from "./dom.js"
import { big, clean, ether, hex, int, isAddress, short, wei } from "./format.js"
import { live } from "./live.js"
import { l1, l2, RPCError, signer, until } from "./rpc.js"
import { account } from "./transaction.js"

const baseToken = "0x000000000000000000000000000000000000800a"
const gasPerPubdata = 800
/** Gas of a deposit, of which less is refused for 253,884. */
const depositGas = 500_000
const withdrawalGas = 100_000

const word = (data, index) => "0x" + data.slice(2 + 64 * index, 66 + 64 * index)

// What the buttons do

async function l1Fee() {
  const head = await l1("eth_getBlockByNumber", "latest", false)
  return 2n * big(head.baseFeePerGas) + 1n
}

const l1Receipt = (hash) => until(() => l1("eth_getTransactionReceipt", hash))

const l2Receipt = (hash) => until(() => l2.call("eth_getTransactionReceipt", hash))

async function succeeded(receipt) {
  const result = await receipt
  if (int(result.status) !== 1) throw new RPCError({ message: "the transaction failed" })
  return result
}

async function deposit({ from, to, amount }, step) {
  const fee = await l1Fee()
  const chain = live.facts.chainId
  const bridgehub = live.facts.bridgehub
  const cost = big(await l1("eth_call", {
    to: bridgehub, data: call("l2TransactionBaseCost(uint256,uint256,uint256,uint256)", chain, fee, depositGas, gasPerPubdata),
  }, "latest"))
  const request = [chain, cost + amount, to, amount, "0x", depositGas, gasPerPubdata, [], from]
  const hash = await l1("eth_sendTransaction", {
    from, to: bridgehub, value: hex(cost + amount), maxFeePerGas: hex(fee), maxPriorityFeePerGas: "0x0",
    data: call("requestL2TransactionDirect((uint256,uint256,address,uint256,bytes,uint256,uint256,bytes[],address))", request),
  })
  step("sent to L1")
  const receipt = await succeeded(l1Receipt(hash))
  step("in a block of L1")
  const contract = (await until(() => l2.call("zks_getMainContract"))).toLowerCase()
  const log = receipt.logs.find((each) => each.address.toLowerCase() === contract && each.data.length > 130)
  if (!log) throw new RPCError({ message: "L1 says nothing of the request" })
  // Source: era-contracts, `NewPriorityRequest(uint256 txId, bytes32 txHash, …)`.
  const inner = word(log.data, 1)
  step("on L2", inner)
  await succeeded(l2Receipt(inner))
  step("done")
}

async function transfer({ from, to, amount, data, gas }, step) {
  const request = { from, to, value: hex(amount), data }
  request.gas = gas ? hex(gas) : hex((big(await l2.call("eth_estimateGas", request)) * 6n) / 5n)
  const hash = await signer("eth_sendTransaction", request)
  step("sent", hash)
  const receipt = await l2Receipt(hash)
  if (int(receipt.status) !== 1) {
    step("in a block")
    throw new RPCError({ message: "failed: " + reason(await l2.call("ots_getTransactionError", hash)) })
  }
  step("done")
}

async function withdraw({ from, to, amount }, step) {
  const hash = await signer("eth_sendTransaction", {
    from, to: baseToken, value: hex(amount), data: call("withdraw(address)", to), gas: hex(withdrawalGas),
  })
  step("sent", hash)
  await claim({ from, to, amount, hash }, step)
}

/** The second half of a withdrawal: waits until its batch is final, and has L1 pay. */
async function claim({ from, to, amount, hash }, step) {
  await succeeded(l2Receipt(hash))
  step("in a block")
  const proof = await until(() => l2.call("zks_getL2ToL1LogProof", hash, "0x0"))
  step("executed on L1")
  const receipt = await l2.call("eth_getTransactionReceipt", hash)
  const ask = async (address, signature) =>
    "0x" + (await l1("eth_call", { to: address, data: call(signature) }, "latest")).slice(-40)
  const nullifier = await ask(await ask(live.facts.bridgehub, "assetRouter()"), "L1_NULLIFIER()")
  const message = "0x6c0960f9" + to.slice(2).toLowerCase() + amount.toString(16).padStart(64, "0")
  const parameters = [live.facts.chainId, big(receipt.l1BatchNumber), proof.id, from, big(receipt.l1BatchTxIndex), message, proof.proof]
  // Who withdrew claims, with an account that may be new to L1.
  if (!(await l1("eth_accounts")).some((each) => each.toLowerCase() === from.toLowerCase())) {
    await l1("anvil_impersonateAccount", from)
    if (big(await l1("eth_getBalance", from, "latest")) < 10n ** 17n) await l1("anvil_setBalance", from, hex(10n ** 18n))
  }
  const claimed = await l1("eth_sendTransaction", {
    from, to: nullifier, maxFeePerGas: hex(await l1Fee()), maxPriorityFeePerGas: "0x0",
    data: call("finalizeDeposit((uint256,uint256,uint256,address,uint16,bytes,bytes32[]))", parameters),
  })
  await succeeded(l1Receipt(claimed))
  step("done")
}

const actions = {
  deposit: { title: "Deposit", does: deposit, about: "From L1 to L2, through the bridge.", chain: "L1", steps: ["sent to L1", "in a block of L1", "on L2", "done"] },
  transfer: { title: "Send", does: transfer, about: "A transaction on L2, with data where it is to call something.", chain: "L2", steps: ["sent", "done"] },
  withdraw: { title: "Withdraw", does: withdraw, about: "From L2 home to L1: paid when its batch is executed there.", chain: "L2", steps: ["sent", "in a block", "executed on L1", "done"] },
}

// What was begun, on whatever page

const begun = []
const listeners = new Set()
const tell = () => { for (const listener of listeners) listener() }

function start(kind, parameters) {
  const task = { kind, parameters, steps: [], error: null, hash: null }
  begun.unshift(task)
  begun.length = Math.min(begun.length, 20)
  const step = (name, hash) => {
    task.steps.push(name)
    if (hash) task.hash = hash
    tell()
  }
  actions[kind].does(parameters, step).catch((error) => {
    task.error = clean(error.message ?? String(error), 300)
    tell()
  })
  tell()
  return task
}

function card(task) {
  const { title, steps } = actions[task.kind]
  const state = task.error ? "failed" : task.steps.includes("done") ? "done" : "running"
  return h("li.card." + state, { "data-kind": task.kind, "data-state": state },
    h("p", {}, h("span.method", {}, title), " ", h("span.num", {}, ether(task.parameters.amount, 18) + " ETH"), " to ",
      h("span.mono", {}, short(task.parameters.to)),
      task.hash ? [" · ", h("a.mono", { href: "#/tx/" + task.hash }, short(task.hash))] : null),
    h("ol.journey", {}, steps.map((name) => h(task.steps.includes(name) ? "li.done" : "li", {}, name))),
    task.error ? h("p.bad", {}, task.error) : null)
}

// The page

export function bridgePage() {
  const accounts = h("div", {}, h("p.faint", {}, "…"))
  const forms = h("div.forms")
  const list = h("ul.cards", { "aria-live": "polite" })
  const section = h("section", {}, h("h1", {}, "Bridge"),
    h("p.faint", {}, "A development chain: everybody knows the keys of these accounts."),
    forms, h("h2", {}, "Begun here"), list, h("h2", {}, "Accounts"), accounts)
  const state = { l1: [], l2: [] }
  const show = () => fill(list, begun.length ? begun.map(card) : h("li.faint", {}, "nothing yet"))
  show()
  let isOver = false
  const load = async () => {
    try {
      if (!state.l1.length) {
        ;[state.l1, state.l2] = await Promise.all([l1("eth_accounts"), signer("eth_accounts")])
        fill(forms, Object.keys(actions).map((kind) => form(kind, state)))
      }
      const all = state.l2
      const rows = await Promise.all(all.map(async (address) => [
        address, await l1("eth_getBalance", address, "latest"), await l2.call("eth_getBalance", address, "latest"),
      ]))
      fill(accounts, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "Account"), h("th.end", {}, "On L1"), h("th.end", {}, "On L2"))),
        h("tbody", {}, rows.map(([address, one, two]) => h("tr", {}, h("td", {}, account(address)),
          h("td.num.end", {}, ether(one) + " ETH"), h("td.num.end", {}, ether(two) + " ETH"))))))
    } catch (error) {
      if (!accounts.querySelector("table")) fill(accounts, h("p.bad", {}, clean(error.message)))
    }
  }
  const tick = async () => {
    while (!isOver) {
      if (!document.hidden) await load()
      await new Promise((resolve) => setTimeout(resolve, 2000))
    }
  }
  tick()
  listeners.add(show)
  return { element: section, end: () => { isOver = true; listeners.delete(show) } }
}

function form(kind, state) {
  const { title, about, chain } = actions[kind]
  const options = chain === "L1" ? state.l1 : state.l2
  const from = h("select", { name: "from" }, options.map((address) => h("option", { value: address }, short(address, 10, 8))))
  const to = h("input.mono", { name: "to", required: true, value: kind === "transfer" ? "" : options[0] ?? "", placeholder: "0x…", maxlength: 42, spellcheck: "false", autocomplete: "off" })
  const amount = h("input.num", { name: "amount", required: true, value: kind === "transfer" ? "0" : "1", inputmode: "decimal", maxlength: 50, autocomplete: "off" })
  const data = h("input.mono", { name: "data", placeholder: "0x", maxlength: 20_000, spellcheck: "false", autocomplete: "off" })
  const gas = h("input.num", { name: "gas", placeholder: "estimated", inputmode: "numeric", maxlength: 12, autocomplete: "off" })
  const problem = h("p.bad", { role: "alert" })
  let follows = true
  to.addEventListener("input", () => { follows = false })
  from.addEventListener("change", () => { if (follows && kind !== "transfer") to.value = from.value })
  const field = (name, input) => h("label", {}, h("span", {}, name), input)
  const element = h("form.panel", { "data-kind": kind, novalidate: true },
    h("h2", {}, title), h("p.faint", {}, about), field("From, on " + chain, from),
    field("To, on " + (kind === "withdraw" ? "L1" : "L2"), to), field("Ether", amount),
    kind === "transfer" ? [field("Data", data), field("Gas", gas)] : null,
    problem, h("button.primary", { type: "submit" }, title))
  element.addEventListener("submit", (event) => {
    event.preventDefault()
    const value = wei(amount.value), payload = data.value.trim() || "0x"
    const fault = !isAddress(to.value.trim()) ? "The receiver is no address."
      : value === null ? "The amount is no number."
      : !/^0x([0-9a-fA-F]{2})*$/.test(payload) ? "The data is not hexadecimal."
      : gas.value && !/^\d+$/.test(gas.value) ? "The gas is no number." : ""
    fill(problem, fault)
    if (fault) return
    start(kind, { from: from.value, to: to.value.trim(), amount: value, data: payload, gas: gas.value ? BigInt(gas.value) : null })
  })
  return element
}
