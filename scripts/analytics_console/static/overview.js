// Overview: asks for the figures again, while somebody sees the page.

const PAUSE_MS = 2_000;
const COLUMNS = ["accepted", "to_load", "loaded", "letters", "open"];
let shownDays = "";
const days = document.querySelector("#days tbody");

function cell(row, tag, text, classes) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (classes) made.className = classes;
  if (tag === "th") made.scope = "row";
  row.append(made);
}

function rowOf(day) {
  const row = document.createElement("tr");
  cell(row, "th", day.day);
  for (const name of COLUMNS) cell(row, "td", day[name].toLocaleString("en"), "number");
  return row;
}

async function refresh() {
  const answer = await fetch("/console/overview.json");
  if (!answer.ok) return;
  const told = await answer.json();
  for (const element of document.querySelectorAll("[data-figure]")) {
    const text = told.figures[element.dataset.figure];
    if (element.textContent !== text) element.textContent = text;
  }
  const text = JSON.stringify(told.days);
  if (text !== shownDays) days.replaceChildren(...told.days.map(rowOf));
  shownDays = text;
}

async function keepFresh() {
  if (!document.hidden) await refresh().catch(() => {}); // the pipeline may be stopped: it comes again
  setTimeout(keepFresh, PAUSE_MS);
}

setTimeout(keepFresh, PAUSE_MS);
