// The frame of the page: which page is shown, the search, the keyboard, the theme.

import { accountPage } from "./account.js"
import { batchesPage } from "./batches.js"
import { blockPage } from "./blocks.js"
import { bridgePage } from "./bridge.js"
import { load } from "./calls.js"
import { fill, h, say } from "./dom.js"
import { isAddress, isHash } from "./format.js"
import { begin, live } from "./live.js"
import { overviewPage } from "./overview.js"
import { documentAt, l2 } from "./rpc.js"
import { transactionPage } from "./transaction.js"

const main = document.getElementById("main")
const query = document.getElementById("query")
const notice = document.getElementById("notice")
const connection = document.getElementById("connection")

// Pages

const unknown = () => ({ element: h("section", {}, h("h1", {}, "No such page"), h("p", {}, h("a", { href: "#/" }, "To the overview"))) })

function pageAt(path) {
  const [kind, name] = path.split("/").filter(Boolean)
  switch (kind) {
    case undefined: return overviewPage()
    case "block": return /^\d{1,15}$/.test(name ?? "") ? blockPage(name) : unknown()
    case "tx": return isHash(name ?? "") ? transactionPage(name.toLowerCase()) : unknown()
    case "address": return isAddress(name ?? "") ? accountPage(name) : unknown()
    case "batches": return batchesPage()
    case "bridge": return live.facts.bridgehub ? bridgePage() : unknown()
    default: return unknown()
  }
}

let shown = null

function show() {
  shown?.end?.()
  const path = location.hash.replace(/^#/, "") || "/"
  shown = pageAt(path)
  fill(main, shown.element)
  window.scrollTo(0, 0)
  document.title = (main.querySelector("h1")?.textContent ?? "ZKsync OS") + " · ZKsync OS"
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.getAttribute("href") === "#" + path) link.setAttribute("aria-current", "page")
    else link.removeAttribute("aria-current")
  }
}

// The search

function tell(text) {
  say(notice, text)
  notice.hidden = !text
  if (text) setTimeout(() => { if (notice.textContent === text) notice.hidden = true }, 4000)
}

async function search(text) {
  text = text.trim()
  if (/^\d[\d,_ ]*$/.test(text)) return go("#/block/" + text.replace(/\D/g, ""))
  if (isAddress(text)) return go("#/address/" + text.toLowerCase())
  if (!isHash(text)) return tell("That is no number of a block, no hash and no address.")
  try {
    const [transaction, block] = await Promise.all([l2.call("eth_getTransactionByHash", text), l2.call("eth_getHeaderByHash", text)])
    if (block && !transaction) return go("#/block/" + Number(block.number))
  } catch { /* the page of the transaction says what is wrong */ }
  go("#/tx/" + text.toLowerCase())
}

function go(hash) {
  query.value = ""
  query.blur()
  if (location.hash === hash) show()
  else location.hash = hash
}

document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault()
  search(query.value)
})

// The keyboard

/** The list that has the keyboard, or the first on the page. */
const currentList = () =>
  (document.activeElement?.closest?.(".list") ?? main.querySelector(".list"))?.virtualList

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "Escape") return document.activeElement?.blur()
  if (event.target.closest?.("input, select, textarea")) return
  const actions = {
    "/": () => query.focus(), "g": () => { location.hash = "#/" }, "j": () => currentList()?.move(1), "k": () => currentList()?.move(-1),
  }
  if (!Object.hasOwn(actions, event.key)) return
  event.preventDefault()
  actions[event.key]()
})

// The theme: as the system has it, until somebody chooses

const stored = () => { try { return localStorage.getItem("theme") } catch { return null } }
const isDark = () => document.documentElement.dataset.theme
  ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches

if (stored()) document.documentElement.dataset.theme = stored()
document.getElementById("theme").addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark"
  document.documentElement.dataset.theme = theme
  try { localStorage.setItem("theme", theme) } catch { /* until the page is closed */ }
})

// The beginning

l2.onState((state) => {
  say(connection, state)
  connection.className = state
})

async function start() {
  try {
    live.facts = await documentAt("/facts.json")
    await load()
    say(document.getElementById("chain"), "chain " + live.facts.chainId)
    say(document.getElementById("version"), "zksync-os-sequencer " + live.facts.version)
    document.getElementById("bridge-link").hidden = !live.facts.bridgehub
  } catch (error) {
    tell("The page cannot be loaded: " + error.message)
  }
  addEventListener("hashchange", () => {
    show()
    // Who has no mouse goes on where the new page begins.
    main.focus({ preventScroll: true })
  })
  // Pages ask as soon as they are shown.
  let isFirst = true
  l2.onState((state) => {
    if (state !== "live" || !isFirst) return
    isFirst = false
    show()
  })
  begin()
}

start()
