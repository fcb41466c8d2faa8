"""Questions about a page as it is drawn, each a function in JavaScript that returns a list of what is wrong."""

from __future__ import annotations

from typing import Final

SIDEWAYS: Final = """
// Anything that makes the page wider than the window.
() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [`${document.documentElement.scrollWidth} of ${wide}`, ...[...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > wide + 1)
    .map((element) => `${element.tagName}.${element.className} to ${Math.round(element.getBoundingClientRect().right)}`)];
}
"""

UNDRAWN: Final = """
// What axe does not look at: placeholders and edges of fields against their ground, pictures that did not load, tables by rows.
() => {
  const parse = (colour) => { const parts = colour.match(/[\\d.]+/g).map(Number); return {rgb: parts.slice(0, 3), alpha: parts[3] ?? 1}; };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => { const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x); return (high + 0.05) / (low + 0.05); };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const {rgb, alpha} = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return rgb;
    }
    return [255, 255, 255];
  };
  const wrong = [];
  for (const input of document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea")) {
    if (!input.checkVisibility()) continue;
    const edge = ratio(parse(getComputedStyle(input).borderTopColor).rgb, ground(input.parentElement));
    if (edge < 3) wrong.push(`${edge.toFixed(2)}: the edge of ${input.id || input.name}`);
    const typed = ratio(parse(getComputedStyle(input, "::placeholder").color).rgb, ground(input));
    if (input.placeholder && typed < 4.5) wrong.push(`${typed.toFixed(2)}: the placeholder of ${input.id || input.name}`);
  }
  for (const image of document.images) if (!image.naturalWidth) wrong.push(`not loaded: ${image.outerHTML}`);
  if (document.title.trim().length < 4) wrong.push("the page has no title");
  if (document.querySelector("body [style], body style, body script:not([src])")) wrong.push("inline style or script");
  return wrong;
}
"""

OPEN_ONE_OF_A_KIND: Final = """
// What is folded away is drawn too; of each kind one is enough to look at.
() => {
  const opened = new Set();
  for (const closed of document.querySelectorAll("details")) {
    if (!opened.has(closed.className)) closed.open = true;
    opened.add(closed.className);
  }
}
"""

SHIFTS: Final = """
// How much of the page has moved since it was first drawn, and what.
() => new Promise((resolve) => {
  const moved = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      moved.push(`${entry.value.toFixed(4)}: ${entry.sources.map(({node}) => node?.nodeName + "." + node?.className).join(", ")}`);
    }
  }).observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => setTimeout(() => resolve(moved), 50));
})
"""

CUT_OFF: Final = """
// Text that its box cuts off: what does not fit has to be allowed to.
() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter((element) => element.checkVisibility() && !element.closest(".unseen, .skip") && !element.matches("input, select"))
  .filter((element) => ["hidden", "clip"].includes(getComputedStyle(element).overflowX) && getComputedStyle(element).textOverflow === "clip")
  .filter((element) => element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
  .map((element) => `${element.tagName}.${element.className} cuts off “${element.textContent.trim().slice(0, 40)}”`)
"""

MOTION: Final = """
// Whatever moves or fades.
() => [...document.querySelectorAll("*")].flatMap((element) => {
  const style = getComputedStyle(element);
  const moving = style.animationName !== "none" || style.transitionDuration.split(", ").some((duration) => parseFloat(duration) > 0);
  return moving || style.scrollBehavior === "smooth" ? [`${element.tagName}.${element.className}`] : [];
})
"""

OVERLAPPING: Final = """
// Labels of a plot that lie on each other.
() => {
  const wrong = [];
  for (const plot of document.querySelectorAll("svg.plot")) {
    const boxes = [...plot.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([two, b]) => {
      if (a.left < b.right && b.left < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom) wrong.push(`${one} on ${two}`);
    }));
  }
  return wrong;
}
"""
