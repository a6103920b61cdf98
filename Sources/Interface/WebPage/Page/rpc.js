// JSON-RPC over the one WebSocket of the page, which comes back by itself.

export class RPCError extends Error {
  constructor(error) {
    super(error?.message ?? "no answer")
    this.code = error?.code
    this.data = error?.data
  }
}

const largestBacklog = 256

class Connection {
  #socket = null
  #next = 1
  #pending = new Map()
  #subscriptions = new Map()
  #wanted = []
  #pause = 250
  #listeners = []
  state = "connecting"

  open() {
    const scheme = location.protocol === "https:" ? "wss://" : "ws://"
    const socket = new WebSocket(scheme + location.host + "/")
    this.#socket = socket
    socket.onopen = () => {
      this.#pause = 250
      this.#tell("live")
      for (const wanted of this.#wanted) this.#subscribe(wanted)
    }
    socket.onmessage = (event) => this.#take(event.data)
    socket.onclose = () => {
      this.#tell("offline")
      this.#subscriptions.clear()
      for (const { reject } of this.#pending.values()) reject(new RPCError({ message: "the connection is gone" }))
      this.#pending.clear()
      setTimeout(() => this.open(), this.#pause)
      this.#pause = Math.min(5000, this.#pause * 2)
    }
  }

  onState(listener) { this.#listeners.push(listener) }

  #tell(state) {
    this.state = state
    for (const listener of this.#listeners) listener(state)
  }

  #take(text) {
    let message
    try { message = JSON.parse(text) } catch { return }
    if (message.method === "eth_subscription") {
      this.#subscriptions.get(message.params?.subscription)?.(message.params.result)
      return
    }
    const pending = this.#pending.get(message.id)
    if (!pending) return
    this.#pending.delete(message.id)
    if (message.error) pending.reject(new RPCError(message.error))
    else pending.resolve(message.result)
  }

  call(method, ...params) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(new RPCError({ message: "not connected" }))
    if (this.#pending.size > largestBacklog) return Promise.reject(new RPCError({ message: "too many requests" }))
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }))
    })
  }

  /** Tells `listener` of every item from now on, over new connections, too. */
  subscribe(params, listener) {
    const wanted = { params, listener }
    this.#wanted.push(wanted)
    if (this.#socket?.readyState === WebSocket.OPEN) this.#subscribe(wanted)
  }

  async #subscribe({ params, listener }) {
    try { this.#subscriptions.set(await this.call("eth_subscribe", ...params), listener) } catch { /* with the next one */ }
  }
}

export const l2 = new Connection()

/** A call over HTTP of who sends for known accounts, on a development chain. */
async function post(path, method, params) {
  const answer = await fetch(path, {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  })
  if (!answer.ok) throw new RPCError({ message: path + " answers with " + answer.status })
  const message = await answer.json()
  if (message.error) throw new RPCError(message.error)
  return message.result
}

/** A call of the L1 in the node's process, which signs for its accounts. */
export const l1 = (method, ...params) => post("/l1", method, params)

/** A call of who signs for known accounts on L2. */
export const signer = (method, ...params) => post("/l2", method, params)

/** A document of the page's server as JSON. */
export async function documentAt(path) {
  const answer = await fetch(path)
  if (!answer.ok) throw new RPCError({ message: path + " answers with " + answer.status })
  return answer.json()
}

/** Asks until there is an answer, for a minute. */
export async function until(ask, isOver = () => false) {
  for (let round = 0; round < 600 && !isOver(); round++) {
    try {
      const answer = await ask()
      if (answer) return answer
    } catch (error) {
      // A refusal stays one; a connection that is gone comes back.
      if (error.code !== undefined) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, 50 + 20 * round)))
  }
  throw new RPCError({ message: "no answer after a minute" })
}
