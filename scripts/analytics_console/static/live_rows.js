// The rows of the list, as live.html makes them; what was sent is text in them, and nothing else.

const BADGES = {
  loaded: "good", issued: "good", stored: "warn", repeated: "warn", dead_letter: "bad", refused: "bad",
};

function made(tag, parent, text = "", classes = "") {
  const element = document.createElement(tag);
  if (text !== "") element.textContent = text;
  if (classes) element.className = classes;
  parent.append(element);
  return element;
}

function narrow(parent, line, field, query) {
  const value = String(line[field] ?? "");
  if (!value) return;
  const link = made("a", parent);
  const wish = `${query} ${field}:"${value.replaceAll('"', "")}"`.trim();
  link.href = `/console/live?${new URLSearchParams({ q: wish })}`;
  link.dataset.field = field;
  made("bdi", link, value);
}

// Return the row of a line, under a query; `opened` is the number of the event that is shown.
function rowOf(line, query, opened) {
  const row = document.createElement("tr");
  row.dataset.number = line.number;
  row.classList.toggle("open", String(line.number) === opened);
  const time = made("a", made("td", row), new Date(line.at * 1000).toISOString().slice(11, 19), "show");
  time.href = `/console/live?${new URLSearchParams({ q: query, event: line.number })}`;
  const state = made("td", row);
  narrow(made("span", state, "", BADGES[line.state]), line, "state", query);
  if (line.times > 1) state.append(` ×${line.times}`);
  narrow(made("td", row), line, line.kind === "event" ? "type" : "kind", query);
  made("td", row, line.index === null ? "" : String(line.index), "number");
  narrow(made("td", row), line, "player", query);
  narrow(made("td", row), line, "session", query);
  made("bdi", made("td", row, "", "mono rest"), line.reason || line.attributes);
  made("td", row, line.took === null ? "" : String(line.took), "number");
  return row;
}

// The rows that are on the page: only what is new or changed is made again.
export class Rows {
  #body;
  #known = new Map(); // number → { line, row }

  constructor(body) {
    this.#body = body;
  }

  clear() {
    this.#known.clear();
    this.#body.replaceChildren();
  }

  draw(lines, query, opened) {
    const wanted = new Set(lines.map((line) => line.number));
    for (const row of [...this.#body.rows]) {
      const number = Number(row.dataset.number);
      if (wanted.has(number)) continue;
      this.#known.delete(number);
      row.remove();
    }
    let next = this.#body.firstElementChild;
    for (const line of lines) {
      let { row, line: old } = this.#known.get(line.number) ?? {};
      if (old !== line) {
        row ??= next?.dataset.number === String(line.number) ? next : null; // the server's
        row = put(rowOf(line, query, opened), row, this.#body, next);
        this.#known.set(line.number, { line, row });
      }
      next = row.nextElementSibling;
    }
  }

  mark(number) {
    for (const row of this.#body.rows) row.classList.toggle("open", row.dataset.number === number);
  }

  focus(number) {
    focusOn([...this.#body.rows].find((row) => row.dataset.number === number));
  }

  // Go to the row below, by 1, or above, by -1; at first to the first.
  step(by) {
    const row = document.activeElement?.closest?.("tr");
    if (!this.#body.contains(row)) focusOn(this.#body.firstElementChild);
    else focusOn(by > 0 ? row.nextElementSibling : row.previousElementSibling);
  }
}

const focusOn = (row) => row?.querySelector("a.show").focus();

// Put a row in the place of the old one, with its focus, or before another; returns it.
function put(row, old, body, next) {
  if (!old) return body.insertBefore(row, next);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const name = focused?.dataset.field;
  old.replaceWith(row);
  if (focused) row.querySelector(name ? `a[data-field="${name}"]` : "a.show")?.focus();
  return row;
}
