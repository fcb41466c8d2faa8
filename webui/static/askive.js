// Everything works without this: it only lets "/" put the cursor into the box.
"use strict";

const box = document.getElementById("q");

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && box && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});

if (box) {
  box.setAttribute("aria-keyshortcuts", "/");
  for (const hint of document.querySelectorAll(".hotkey")) {
    hint.hidden = false;
  }
}
