// Lists of any length: only the rows that are seen exist, all of one height, so that nothing jumps.

import { h } from "./dom.js"

/** Browsers lay out no more than some 30 million pixels. */
const mostRows = 500_000

export class VirtualList {
  #count = 0
  #rows = new Map()
  #isHeld = false
  #scheduled = false
  /** The row that has the keyboard, by its place; -1 for none. */
  selected = -1

  /**
   * - height: of a row, in pixels, the same as in the style sheet
   * - label: what the list is, for those who do not see it
   * - item: the item in a place; undefined where it has still to come
   * - href: where a row leads, by its item and place
   * - render: the cells of a row, by its item and place
   */
  constructor({ height, label, item, href, render, className = "" }) {
    this.height = height
    this.item = item
    this.href = href
    this.render = render
    this.space = h("div.space")
    this.element = h("div.list" + className, { role: "group", "aria-label": label, tabindex: "-1" }, this.space)
    this.element.virtualList = this
    this.element.addEventListener("scroll", () => this.#schedule(), { passive: true })
    // Who is about to choose a row wants it to stay where it is.
    this.element.addEventListener("pointerenter", (event) => { this.#isHeld = event.pointerType === "mouse" })
    this.element.addEventListener("pointerleave", () => { this.#isHeld = false })
    this.element.addEventListener("focusin", (event) => {
      const place = Number(event.target.dataset?.place ?? -1)
      if (place >= 0) this.selected = place
    })
    new ResizeObserver(() => this.#schedule()).observe(this.element)
  }

  get count() { return this.#count }

  /** Whether new rows should wait: somebody points at one, or has the keyboard in the list. */
  get isHeld() { return this.#isHeld || this.element.contains(document.activeElement) }

  /** There are so many rows now; `added` of them are new at the top. */
  set(count, added = 0) {
    count = Math.min(count, mostRows)
    if (count !== this.#count) {
      this.#count = count
      this.space.style.height = count * this.height + "px"
    }
    // Who has scrolled down goes on seeing what he sees.
    if (added && this.element.scrollTop > this.height / 2) this.element.scrollTop += added * this.height
    if (added && this.selected >= 0) this.selected = Math.min(count - 1, this.selected + added)
    this.refresh()
  }

  /** The items have changed. */
  refresh() {
    this.#rows.forEach((row) => { row.isStale = true })
    this.#schedule()
  }

  #schedule() {
    if (this.#scheduled) return
    this.#scheduled = true
    requestAnimationFrame(() => {
      this.#scheduled = false
      this.#show()
    })
  }

  #show() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.height) - 2)
    const last = Math.min(this.#count, first + Math.ceil(this.element.clientHeight / this.height) + 4)
    for (const [place, row] of this.#rows) {
      if (place >= first && place < last) continue
      if (row.element.contains(document.activeElement)) continue
      row.element.remove()
      this.#rows.delete(place)
    }
    for (let place = first; place < last; place++) this.#showRow(place)
  }

  #showRow(place) {
    const item = this.item(place)
    let row = this.#rows.get(place)
    if (row && !row.isStale && row.item === item) return
    const href = item === undefined ? null : this.href(item, place)
    if (!row) {
      row = { element: h("a.row", { "data-place": place }) }
      row.element.style.transform = "translateY(" + place * this.height + "px)"
      this.#rows.set(place, row)
      this.#insert(row.element, place)
    }
    row.item = item
    row.isStale = false
    if (href) row.element.setAttribute("href", href)
    else row.element.removeAttribute("href")
    row.element.replaceChildren(...(item === undefined ? [h("span.faint", {}, "…")] : this.render(item, place)))
  }

  /** Rows stand in the document in the order in which they are seen, for the keyboard. */
  #insert(element, place) {
    for (const child of this.space.children) {
      if (Number(child.dataset.place) > place) return child.before(element)
    }
    this.space.append(element)
  }

  /** Gives the keyboard to the next row, or the one before. */
  move(step) {
    if (!this.#count) return
    const place = Math.max(0, Math.min(this.#count - 1, this.selected + step))
    this.selected = place
    const top = place * this.height, box = this.element
    if (top < box.scrollTop) box.scrollTop = top
    else if (top + this.height > box.scrollTop + box.clientHeight) box.scrollTop = top + this.height - box.clientHeight
    this.#show()
    this.#rows.get(place)?.element.focus({ preventScroll: true })
  }
}

/** Items by place that are asked for when they are seen, page by page, and forgotten when they are many. */
export class Pages {
  #known = new Map()
  #asked = new Set()

  /**
   * - size: of a page
   * - load: answers with the items of a page, by its number
   * - changed: is told when there are more
   */
  constructor(size, load, changed) {
    this.size = size
    this.load = load
    this.changed = changed
  }

  item(place) {
    const page = Math.floor(place / this.size)
    const items = this.#known.get(page)
    if (items) return items[place % this.size]
    if (!this.#asked.has(page)) this.#ask(page)
    return undefined
  }

  async #ask(page) {
    this.#asked.add(page)
    try {
      this.#known.set(page, await this.load(page))
      if (this.#known.size > 200) this.#known.delete(this.#known.keys().next().value)
      this.changed()
    } catch {
      setTimeout(() => this.changed(), 1000)
    } finally {
      this.#asked.delete(page)
    }
  }
}
