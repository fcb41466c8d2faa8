// Follows a build without loading the page again until it has ended. Without scripts the page loads itself.
"use strict";

const section = document.querySelector("[data-build]");
const step = section.querySelector("[data-step]");
const bar = section.querySelector("progress");
const named = step.textContent;
let known = null;

const look = async () => {
  try {
    const response = await fetch(section.dataset.build, {cache: "no-store"});
    const state = await response.json();
    // What a step is called stands in the page; another one is a reason to load it.
    if (known === null) known = state.step;
    if (state.phase !== "running" || state.step !== known) return location.reload();
    bar.value = state.total ? Math.min(100, 100 * state.done / state.total) : 0;
  } catch {
    step.textContent = named;
  }
  setTimeout(look, 700);
};

look();
