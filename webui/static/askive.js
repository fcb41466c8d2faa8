// Everything works without this. It keeps the colours and the language that were chosen, lends keys to what is on the page, and offers what the
// words that are being typed may become. It runs before the page is drawn, so that nothing changes its colours after that.
"use strict";

// Colours: as the system has them, light or dark.
const themes = {
  all: ["system", "light", "dark"],

  chosen() {
    try {
      const kept = localStorage.getItem("theme");
      return themes.all.includes(kept) ? kept : "system";
    } catch {
      return "system"; // a browser that keeps nothing
    }
  },

  wear(theme) {
    if (theme === "system") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = theme;
    }
  },

  keep(theme) {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Then they last as long as the page.
    }
  },

  button(button) {
    let theme = themes.chosen();
    const label = button.querySelector(".unseen");
    const tell = () => {
      label.textContent = button.title = button.dataset[theme];
    };
    button.addEventListener("click", () => {
      theme = themes.all[(themes.all.indexOf(theme) + 1) % themes.all.length];
      themes.wear(theme);
      themes.keep(theme);
      tell();
    });
    tell();
    button.hidden = false;
  },
};

// Languages: what the browser asks for, or what was chosen at the foot of a page. Links carry a choice on in the address; here it
// is only put back where an address comes without one. With it in the address nothing is done, so there is no going in circles.
const languages = {
  kept() {
    try {
      return localStorage.getItem("language");
    } catch {
      return null;
    }
  },

  keep(language) {
    try {
      localStorage.setItem("language", language);
    } catch {
      // Then it lasts as long as links carry it.
    }
  },

  putBack() {
    const { lang, dataset } = document.documentElement;
    const kept = languages.kept();
    const address = new URL(location.href);
    if (kept && kept !== lang && dataset.languages?.split(" ").includes(kept) && !address.searchParams.has("lang")) {
      // Nothing is drawn of what is left at once.
      document.documentElement.hidden = true;
      address.searchParams.set("lang", kept);
      location.replace(address);
    }
  },
};

languages.putBack();
themes.wear(themes.chosen());
addEventListener("storage", (event) => event.key === "theme" && themes.wear(themes.chosen()));

document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("q");
  document.querySelectorAll(".light").forEach(themes.button);
  for (const link of document.querySelectorAll(".languages a")) {
    link.addEventListener("click", () => languages.keep(link.hreflang));
  }
  keys(box);
  if (box) {
    complete(box, document.body.dataset);
  }
});

// Keys, as search pages and readers of lists have them. None with a modifier, and none while somebody types.
function keys(box) {
  const help = document.getElementById("keys");
  const items = () => [...document.querySelectorAll(".card, .post:not(.question), .rows > li")];
  const linkOf = (item) => item?.querySelector("h2 a, h3 a, .title a, a.permalink");
  const current = () => document.activeElement.closest(".card, .post:not(.question), .rows > li");

  function move(step) {
    const all = items();
    const here = all.indexOf(current());
    // From nowhere: to the first that can be seen, or the last before it.
    const next = here >= 0 ? here + step : all.findIndex((item) => item.getBoundingClientRect().top >= 0) - (step < 0);
    const link = linkOf(all[Math.max(0, Math.min(next, all.length - 1))]);
    if (link) {
      link.focus({ preventScroll: true });
      link.closest(".card, .post, li").scrollIntoView({ block: "nearest" });
    }
  }

  const pressed = {
    "/": () => {
      box?.focus();
      box?.select();
    },
    j: () => move(1),
    k: () => move(-1),
    o: () => linkOf(current())?.click(),
    t: () => {
      const link = linkOf(current());
      if (link) {
        window.open(link.href, "_blank", "noopener");
      }
    },
    "?": () => help?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (!typing && !help?.open && !event.ctrlKey && !event.metaKey && !event.altKey && Object.hasOwn(pressed, event.key)) {
      event.preventDefault();
      pressed[event.key]();
    }
  });

  box?.setAttribute("aria-keyshortcuts", "/");
  for (const hint of document.querySelectorAll(".hotkey")) {
    hint.hidden = false;
  }
  for (const opener of document.querySelectorAll("[data-opens=keys]")) {
    opener.addEventListener("click", () => help.showModal());
  }
}

// A combobox with a list, as the ARIA Authoring Practices have it: the cursor stays in the box, arrows choose, Enter asks.
function complete(box, words) {
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
  list.setAttribute("aria-label", words.completions);
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
      option.dir = "auto";
      option.textContent = text;
      list.append(option);
    });
    list.hidden = texts.length === 0;
    said.textContent = texts.length === 1 ? words.suggestion : texts.length ? words.suggestions.replace("{number}", texts.length) : "";
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
      const answer = await fetch(`${words.complete}?q=${encodeURIComponent(box.value)}`, { signal: request.signal });
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
    typed = box.value;
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
