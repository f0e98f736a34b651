// What is on a page that is not ours, and where it leads.
(() => {
  const LEADING = new Set(["href", "src", "action", "formaction", "xlink:href", "srcdoc"]);
  const FOREIGN = "base, iframe, object, embed, meta[http-equiv]";
  const isOurs = (script) => script.src.startsWith(`${location.origin}/console/static/`);
  const isActive = ({ name, value }) =>
    /^(on|style$)/i.test(name) || (LEADING.has(name) && /^\s*javascript:/i.test(value));
  // Text that could turn round what is beside it has to be in a box of its own.
  const isIsolated = (element) =>
    element !== null
    && (/isolate|plaintext/.test(getComputedStyle(element).unicodeBidi)
      && (element.localName === "bdi" || getComputedStyle(element).display.includes("inline"))
      || ["td", "pre", "textarea", "input"].includes(element.localName));
  const ours = (element) => element.outerHTML.slice(0, 300);

  const foreign = [...document.querySelectorAll("*")].filter(
    (each) =>
      (each.localName === "script" && !isOurs(each)) || each.matches(FOREIGN)
      || [...each.attributes].some(isActive),
  );
  const turned = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (/[\u202a-\u202e\u2066-\u2069]/.test(data) && !isIsolated(parentElement))
      turned.push(parentElement);
  }
  return {
    hit: window.__hit ?? null,
    foreign: foreign.map(ours),
    turned: turned.map(ours),
    wider: document.documentElement.scrollWidth - innerWidth,
    links: [...document.querySelectorAll("main a[href]")]
      .filter((each) => !each.hasAttribute("download"))
      .map((each) => each.href),
  };
})()
