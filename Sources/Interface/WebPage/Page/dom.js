// Elements. Whatever comes from the chain goes through here as text, never as markup.

/** An element of a tag with classes, as in "div.row.strong"; attributes, and children that are nodes or text. */
export function h(description, attributes, ...children) {
  const [tag, ...classes] = description.split(".")
  const element = document.createElement(tag)
  if (classes.length) element.className = classes.join(" ")
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? "" : value)
  }
  append(element, children)
  return element
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue
    element.append(child instanceof Node ? child : document.createTextNode(String(child)))
  }
}

/** Puts children in place of what an element has. */
export function fill(element, ...children) {
  element.replaceChildren()
  append(element, children)
  return element
}

/** Changes a text where it is another one: what stays the same is not laid out again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** A column of names and values. Values are nodes, text, or nothing, with which the row goes. */
export function facts(...rows) {
  return h("dl.facts", {}, rows.filter((row) => row && row[1] !== undefined && row[1] !== null)
    .map(([name, value, attributes]) => [h("dt", {}, name), h("dd", attributes ?? {}, value)]))
}

/** A text that a button puts on the clipboard. */
export function copyable(text, shown = text) {
  const button = h("button.copy", { type: "button", "aria-label": "Copy " + shown }, "copy")
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text)
      say(button, "copied")
    } catch {
      say(button, "not copied")
    }
    setTimeout(() => say(button, "copy"), 1200)
  })
  return [shown, button]
}
