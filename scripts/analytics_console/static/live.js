// Live: keeps the last lines, shows those that are wanted and seen, and changes them as they come.

import { narrowed, wanted } from "/console/static/live_filter.js";
import { Memory } from "/console/static/live_memory.js";
import { Rows } from "/console/static/live_rows.js";

const PAGE = 200; // rows that are shown at first, and more at a time
const SAY_MS = 2_000; // how often a screen reader hears the count, at most

const figure = (number) => number.toLocaleString("en");
const get = (id) => document.getElementById(id);
const [filter, count, table, more, panel, pause, none] =
  ["filter", "count", "lines", "more", "event", "pause", "none"].map(get);
const field = filter.elements.q;

const memory = new Memory();
const rows = new Rows(table.tBodies[0]);
let id = "", source = null, isLost = false;
let isPaused = false, isDue = false, shown = PAGE, saidAt = 0, sayTimer = 0;
let drawn = field.value, isWanted = wanted(drawn); // the query of what is on the page

// --- what comes

function listen() {
  source?.close();
  source = new EventSource(`/console/live/stream?after=${id}`);
  source.onmessage = (message) => {
    id = message.lastEventId;
    isLost = false;
    const news = JSON.parse(message.data);
    memory.take(news);
    if (Number(id.split("-")[1]) >= news.latest) draw(); // all that there is has come
  };
  source.onerror = () => {
    isLost = true;
    say();
    if (source.readyState === EventSource.CLOSED) setTimeout(listenIfSeen, 2_000);
  };
}

function listenIfSeen() {
  if (document.hidden) source?.close();
  else listen();
}

// --- what is shown

function draw() {
  if (!isDue) requestAnimationFrame(() => {
    isDue = false;
    if (isPaused && drawn === asked("q")) say();
    else drawNow();
  });
  isDue = true;
}

function drawNow() {
  if (drawn !== asked("q")) {
    drawn = asked("q");
    isWanted = wanted(drawn);
    [shown, saidAt] = [PAGE, 0];
    rows.clear(); // their links hold the other query
  }
  const matching = memory.newest(isWanted);
  const { size } = memory;
  rows.draw(matching.slice(0, shown), drawn, asked("event"));
  more.hidden = matching.length <= shown;
  table.hidden = !size;
  none.hidden = matching.length > 0 || !size;
  if (size) get("empty")?.remove();
  const counts = `${figure(matching.length)} of ${figure(size)}`;
  count.dataset.text = size ? counts : "nothing was sent since the pipeline started";
  say();
}

function say() {
  const wait = saidAt + SAY_MS - performance.now();
  if (wait > 0) {
    sayTimer ||= setTimeout(() => { sayTimer = 0; say(); }, wait);
    return;
  }
  saidAt = performance.now();
  const news = isPaused ? `paused; ${figure(memory.size)} are kept` : count.dataset.text;
  const text = isLost ? "the pipeline does not answer; it is asked again" : news;
  if (count.textContent !== text) count.textContent = text;
}

// --- what is asked for: the address says it

const wishes = () => new URLSearchParams(location.search);
const asked = (name) => wishes().get(name) ?? "";

function go(changes, isNew = true) {
  const others = wishes();
  for (const [name, value] of Object.entries(changes)) {
    if (value) others.set(name, value);
    else others.delete(name);
  }
  const address = others.size ? `/console/live?${others}` : "/console/live";
  history[isNew ? "pushState" : "replaceState"](null, "", address);
  follow();
}

function follow() {
  if (field.value.trim() !== asked("q").trim()) field.value = asked("q");
  if (drawn !== asked("q")) draw();
  if (panel.dataset.number !== asked("event")) show();
}

async function show() {
  const number = asked("event");
  panel.dataset.number = number;
  panel.hidden = !number;
  rows.mark(number);
  panel.replaceChildren();
  if (!number) return;
  const part = await fetchPart(number);
  if (panel.dataset.number !== number) return; // another one was asked for meanwhile
  panel.replaceChildren(...part);
  offerCopies();
  panel.querySelector("h2")?.focus();
}

// Return what the server's page would show of an event: it made text of all that was sent.
async function fetchPart(number) {
  try {
    const answer = await fetch(`/console/live/event?event=${encodeURIComponent(number)}`);
    if (!answer.ok) return [(await answer.json()).message];
    return new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes;
  } catch {
    return ["The pipeline does not answer."];
  }
}

function offerCopies() {
  for (const button of panel.querySelectorAll(".copy")) button.hidden = !navigator.clipboard;
}

function close() {
  const number = asked("event");
  go({ event: "" });
  rows.focus(number);
}

// --- what hands do

field.addEventListener("input", () => go({ q: field.value }, false));
filter.addEventListener("submit", (event) => {
  event.preventDefault();
  go({ q: field.value.trim() });
});
pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.setAttribute("aria-pressed", String(isPaused));
  pause.textContent = isPaused ? "Resume" : "Pause";
  saidAt = 0;
  draw();
});
more.addEventListener("click", () => {
  shown += PAGE;
  drawNow();
});
document.addEventListener("click", async (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a");
  const button = event.target.closest("button.copy");
  if (button) {
    await navigator.clipboard.writeText(get(button.dataset.copy).textContent);
    button.textContent = "Copied";
  } else if (link?.closest("#lines")) {
    event.preventDefault();
    const { field: name } = link.dataset;
    const { number } = link.closest("tr").dataset;
    if (!name) return go({ event: number });
    go({ q: narrowed(field.value.trim(), name, link.textContent) });
    requestAnimationFrame(() => rows.step(1)); // what was clicked may be gone
  } else if (link?.matches("#event .close, #all")) {
    event.preventDefault();
    if (link.id === "all") go({ q: "" });
    else close();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && asked("event")) return close();
  if (event.target.matches("input, textarea, select")) return;
  if (event.key === "j") rows.step(1);
  else if (event.key === "k") rows.step(-1);
  else if (event.key === "/") {
    event.preventDefault();
    field.focus();
  }
});
window.addEventListener("popstate", follow);
document.addEventListener("visibilitychange", listenIfSeen);

for (const each of [pause, get("keys")]) each.hidden = false;
panel.dataset.number = asked("event");
offerCopies();
listenIfSeen();
