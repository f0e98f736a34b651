// Which lines are wanted; trace_filter.py says how, and does the same on the server.

const FIELDS = [
  "state", "type", "player", "session", "index", "environment", "category",
  "kind", "batch", "status",
];
const TEXTS = [...FIELDS.slice(0, 9), "attributes", "reason"];
const WORD = /(-?)(?:([a-z]+):)?(?:"([^"]*)"?|([^ "][^ ]*))/g;

const lower = new WeakMap(); // line → its texts in small letters, made once

function textsOf(line) {
  let texts = lower.get(line);
  if (!texts) {
    texts = {};
    for (const name of [...TEXTS, "status"]) texts[name] = String(line[name] ?? "").toLowerCase();
    lower.set(line, texts);
  }
  return texts;
}

function test([, minus, field, quoted, plain]) {
  const isWanted = !minus;
  let value = (quoted || plain || "").toLowerCase();
  if (FIELDS.includes(field)) return (line) => (textsOf(line)[field] === value) === isWanted;
  if (field) value = `${field}:${value}`;
  return (line) => {
    const texts = textsOf(line);
    return TEXTS.some((name) => texts[name].includes(value)) === isWanted;
  };
}

// Return what tells whether a line is wanted.
export function wanted(query) {
  const tests = Array.from(query.matchAll(WORD), test);
  return (line) => tests.every((each) => each(line));
}

// Return a query with one more wish: that a field has this value.
export function narrowed(query, field, value) {
  const wish = `${field}:${/[ "]/.test(value) || !value ? `"${value.replaceAll('"', "")}"` : value}`;
  return query.includes(wish) ? query : `${query} ${wish}`.trim();
}
