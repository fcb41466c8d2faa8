"""Questions about a page as it is drawn, each a script that returns a list of what is wrong."""

from __future__ import annotations

CONTRAST = """
// Text below WCAG AA: 4.5:1, or 3:1 where it is large. Colours are those that are computed, grounds are painted back to front.
const parse = (colour) => {
  const parts = colour.match(/[\\d.]+/g).map(Number);
  return {rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1};
};
const over = (top, bottom, alpha) => top.map((value, i) => value * alpha + bottom[i] * (1 - alpha));
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
const ground = (element) => {
  const chain = [];
  for (let at = element; at; at = at.parentElement) chain.unshift(getComputedStyle(at));
  let colour = canvas;
  for (const style of chain) {
    const {rgb, alpha} = parse(style.backgroundColor);
    colour = over(rgb, colour, alpha);
    // Of a gradient, its first colour: the one that differs most from the paper.
    const gradient = style.backgroundImage.match(/rgba?\\([^)]*\\)/);
    if (gradient) { const first = parse(gradient[0]); colour = over(first.rgb, colour, first.alpha); }
  }
  return colour;
};
const wrong = [];
let checked = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const judge = (element, colour, text) => {
  checked += 1;
  const style = getComputedStyle(element);
  const back = ground(element);
  const {rgb, alpha} = parse(colour);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
  const found = ratio(over(rgb, back, alpha), back);
  if (found < (large ? 3 : 4.5)) wrong.push(`${found.toFixed(2)} ${element.tagName}.${element.className} “${text.slice(0, 40)}”`);
};
while (walker.nextNode()) {
  const text = walker.currentNode.data.trim();
  const element = walker.currentNode.parentElement;
  if (!text || !element.checkVisibility({visibilityProperty: true}) || element.closest(".unseen, svg, option")) continue;
  judge(element, getComputedStyle(element).color, text);
}
for (const input of document.querySelectorAll("input[placeholder]")) {
  judge(input, getComputedStyle(input, "::placeholder").color, input.placeholder);
  const edge = ratio(parse(getComputedStyle(input).borderTopColor).rgb, ground(input.parentElement));
  if (edge < 3) wrong.push(`${edge.toFixed(2)} edge of ${input.id}`);
}
if (checked < 5) wrong.push(`only ${checked} texts were found`);
return wrong;
"""

STRUCTURE = """
// What a screen reader goes by: language, title, landmarks, headings in order, names of all that can be used, unique ids.
const wrong = [];
const all = (selector) => [...document.querySelectorAll(selector)];
const expect = (holds, what) => { if (!holds) wrong.push(what); };
expect(document.documentElement.lang === "en", "the page has no language");
expect(document.title.trim().length > 3, "the page has no title");
for (const landmark of ["main", "body > header", "body > footer", "[role=search]"]) {
  expect(all(landmark).length === 1, `${all(landmark).length} of ${landmark}`);
}
expect(all("h1").length === 1, `${all("h1").length} h1`);
let level = 0;
for (const heading of all("h1, h2, h3, h4, h5, h6")) {
  const next = Number(heading.tagName[1]);
  expect(next <= level + 1, `${heading.tagName} after h${level}: ${heading.textContent.trim()}`);
  level = next;
}
const named = (element) =>
  (element.getAttribute("aria-label") || element.textContent || "").trim() ||
  (element.getAttribute("aria-labelledby") || "").split(" ").some((id) => document.getElementById(id)?.textContent.trim());
for (const nav of all("nav")) expect(nav.getAttribute("aria-label"), "a nav without a name");
for (const element of all("a[href], button, summary, section, article[aria-labelledby]")) expect(named(element), `no name: ${element.outerHTML.slice(0, 120)}`);
for (const input of all("input:not([type=hidden]), select, textarea")) expect(input.labels?.length && input.labels[0].textContent.trim(), `no label: ${input.outerHTML}`);
for (const image of all("img")) expect(image.hasAttribute("alt") && image.naturalWidth > 0, `no alt, or not loaded: ${image.outerHTML}`);
for (const reference of all("[aria-labelledby], [aria-describedby]")) {
  for (const id of `${reference.getAttribute("aria-labelledby") || ""} ${reference.getAttribute("aria-describedby") || ""}`.trim().split(/\\s+/)) {
    expect(document.getElementById(id), `nothing has the id ${id}`);
  }
}
const ids = all("[id]").map((element) => element.id);
for (const id of new Set(ids)) expect(ids.filter((other) => other === id).length === 1, `the id ${id} twice`);
expect(all("[tabindex]").every((element) => element.tabIndex <= 0), "a tabindex above 0");
for (const list of all("ul, ol")) expect([...list.children].every((child) => child.tagName === "LI"), `a list with ${list.innerHTML.slice(0, 80)}`);
return wrong;
"""

SIDEWAYS = """
// Anything that makes the page wider than the window.
const wide = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= wide) return [];
return [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > wide + 1)
  .map((element) => `${element.tagName}.${element.className} to ${Math.round(element.getBoundingClientRect().right)} of ${wide}`);
"""

TARGETS = """
// Controls smaller than WCAG's 24 by 24 px. Links in running text are free of it.
return [...document.querySelectorAll("button, summary, select, input:not([type=hidden]):not([type=checkbox]), nav a, .chips a")]
  .filter((element) => element.checkVisibility() && !element.closest(".unseen, .skip"))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([element, box]) => `${element.tagName} “${element.textContent.trim().slice(0, 30)}” is ${Math.round(box.width)} × ${Math.round(box.height)}`);
"""
