// Everything works without this: it lets "/" put the cursor into the box, and offers what the words typed may become.
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
  complete(box, document.body.dataset.complete);
}

// A combobox with a list, as the ARIA Authoring Practices have it: the cursor stays in the box, arrows choose, Enter asks.
function complete(box, address) {
  const PAUSE_MS = 120;
  const list = document.createElement("ul");
  const said = document.createElement("p");
  let chosen = -1;
  let typed = "";
  let pause = 0;
  let request = null;

  list.id = "completions";
  list.className = "completions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Questions that begin like this");
  said.className = "unseen";
  said.setAttribute("role", "status");
  box.closest(".ask").append(list, said);
  // A box of the type "search" may not be a combobox.
  box.type = "text";
  box.enterKeyHint = "search";
  for (const [name, value] of [["role", "combobox"], ["autocomplete", "list"], ["expanded", "false"], ["controls", list.id]]) {
    box.setAttribute(name === "role" ? name : `aria-${name}`, value);
  }

  function close() {
    clearTimeout(pause);
    request?.abort();
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    said.textContent = "";
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function show(texts) {
    close();
    typed = box.value;
    texts.forEach((text, number) => {
      const option = document.createElement("li");
      option.id = `completion-${number}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = text;
      list.append(option);
    });
    list.hidden = texts.length === 0;
    said.textContent = texts.length === 1 ? "1 suggestion" : texts.length ? `${texts.length} suggestions` : "";
    box.setAttribute("aria-expanded", String(!list.hidden));
  }

  // One further on, around the end and through what was typed itself.
  function choose(step) {
    const count = list.children.length + 1;
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = ((chosen + 1 + step + count) % count) - 1;
    const option = list.children[chosen];
    option?.setAttribute("aria-selected", "true");
    box.value = option ? option.textContent : typed;
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  async function ask() {
    request = new AbortController();
    try {
      const answer = await fetch(`${address}?q=${encodeURIComponent(box.value)}`, { signal: request.signal });
      if (answer.ok && document.activeElement === box) {
        show((await answer.json()).completions.map((completion) => completion.text));
      }
    } catch {
      // Taken over by the next letter, or the server is gone: then there is nothing to offer.
    }
  }

  box.addEventListener("input", () => {
    clearTimeout(pause);
    request?.abort();
    if (box.value.trim().length < 2) {
      close();
    } else {
      pause = setTimeout(ask, PAUSE_MS);
    }
  });

  box.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) {
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      box.value = typed;
      close();
    }
  });

  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) {
      box.value = option.textContent;
      box.form.requestSubmit();
    }
  });
  box.addEventListener("blur", close);
  box.form.addEventListener("submit", close);
}
