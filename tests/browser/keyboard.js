// What the Tab key has to reach, and what it is at.
globalThis.keyboard = {
  // Of radio buttons with one name, it reaches the chosen one, or the first.
  isReached(each) {
    if (each.type !== "radio") return true;
    const group = [...document.getElementsByName(each.name)];
    return each === (group.find((one) => one.checked) ?? group[0]);
  },
  reachable() {
    const all = document.querySelectorAll(
      "a[href], button, input, select, textarea, summary, [tabindex]",
    );
    return [...all].filter(
      (each) =>
        each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true })
        && each.getClientRects().length > 0 && this.isReached(each),
    );
  },
  // Empty where it is seen that the cursor is here, else what it is at.
  hidden() {
    const at = document.activeElement;
    const style = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    const isInWindow = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    return isOutlined && isInWindow ? "" : at.outerHTML.slice(0, 200);
  },
};
