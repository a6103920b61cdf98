// The page of an account or a contract.

import { call, textOf } from "./calls.js"
import { copyable, facts, fill, h } from "./dom.js"
import { big, clean, ether, int, number, units } from "./format.js"
import { VirtualList } from "./list.js"
import { explain, rowHeight, transactionCells } from "./blocks.js"
import { l2 } from "./rpc.js"
import { account } from "./transaction.js"

const special = {
  "0x000000000000000000000000000000000000800a": "the base token: ether goes home to L1 through it",
  "0x0000000000000000000000000000000000008008": "the messenger: takes messages to L1",
  "0x0000000000000000000000000000000000008006": "the deployer of system contracts",
}

export function accountPage(address) {
  address = address.toLowerCase()
  const body = h("div", {}, h("p.faint", {}, "…"))
  const title = h("h1", {}, "Account")
  show(address, title, body).catch((error) => fill(body, h("p.bad", {}, clean(error.message))))
  return { element: h("section", {}, title, body) }
}

const quiet = async (work) => { try { return await work() } catch { return null } }

async function show(address, title, body) {
  const { balance, nonce, code } = await l2.call("eth_getAccountInfo", address, "latest")
  const isContract = code !== "0x"
  if (isContract) fill(title, "Contract")
  const list = h("div", {}, h("p.faint", {}, "…"))
  const token = h("dl.facts", { hidden: true })
  fill(body,
    facts(
      ["Address", copyable(address), { class: "mono" }],
      ["Known as", special[address]],
      ["Balance", h("span.num", {}, ether(balance, 18) + " ETH")],
      [isContract ? "Contracts created" : "Transactions sent", h("span.num", {}, number(int(nonce)))],
      ["Code", isContract ? h("span.num", {}, number((code.length - 2) / 2) + " bytes") : undefined],
    ),
    token,
    isContract ? h("details", {}, h("summary", {}, "Bytecode"), h("pre.data", {}, code.slice(0, 50_000))) : null,
    h("h2", {}, "Transactions"), list)
  if (isContract) describe(address, token)
  await history(address, list)
}

/** What a token says of itself, and who created the contract. */
async function describe(address, place) {
  const ask = (signature) => quiet(() => l2.call("eth_call", { to: address, data: call(signature) }, "latest"))
  const [name, symbol, decimals, supply, creator] = await Promise.all([
    ask("name()"), ask("symbol()"), ask("decimals()"), ask("totalSupply()"),
    quiet(() => l2.call("ots_getContractCreator", address)),
  ])
  const text = (output) => (output && output !== "0x" ? clean(textOf(output), 60) : undefined)
  const digits = decimals && decimals !== "0x" ? Number(big(decimals.slice(0, 66)) % 256n) : 0
  const rows = facts(
    ["Token", text(name)], ["Symbol", text(symbol)],
    ["Supply", supply && supply.length === 66 && name && name !== "0x" ? h("span.num", {}, units(big(supply), digits)) : undefined],
    ["Created by", creator ? [account(creator.creator), " in ", h("a.mono", { href: "#/tx/" + creator.hash }, creator.hash.slice(0, 10) + "…")] : undefined],
  )
  place.replaceChildren(...rows.childNodes)
  place.hidden = place.childNodes.length === 0
}

async function history(address, place) {
  const items = []
  let before = 0, isLast = false
  const list = new VirtualList({
    height: rowHeight, label: "Transactions of the account, the newest first", className: ".transactions",
    item: (row) => items[row], href: (each) => "#/tx/" + each.transaction.hash, render: transactionCells,
  })
  const more = h("button.more", { type: "button" }, "Older ones")
  const load = async () => {
    more.disabled = true
    try {
      const answer = await l2.call("ots_searchTransactionsBefore", address, before, 25)
      const some = await explain(answer.txs.map((transaction, index) => ({ transaction, receipt: answer.receipts[index] })))
      items.push(...some)
      before = some.length ? int(some.at(-1).transaction.blockNumber) : before
      isLast = answer.lastPage || !some.length
      list.set(items.length)
    } catch (error) {
      // The search looks at so many blocks at once, and says where to go on.
      const next = /\b(\d+)\b(?!.*\d)/.exec(error.message)
      if (next && Number(next[1]) > 0 && Number(next[1]) !== before) before = Number(next[1])
      else isLast = true
    }
    more.disabled = false
    more.hidden = isLast
    fill(place, items.length ? list.element : h("p.faint", {}, isLast ? "none" : "none in the newest blocks"), more)
  }
  more.addEventListener("click", load)
  await load()
}

