"use strict";
// Theme, search and filters, copy buttons. Everything is in the page without it.
(() => {
  const root = document.documentElement;
  const THEMES = ["system", "light", "dark"];
  const KEY = "contragrad-theme";

  // Some browsers refuse storage to pages from the disk: then the tab's own name keeps the choice.
  const kept = {
    read() {
      try {
        return localStorage.getItem(KEY);
      } catch {
        return (window.name.match(/contragrad-theme=(\w+)/) || [])[1];
      }
    },
    write(theme) {
      try {
        localStorage.setItem(KEY, theme);
      } catch {
        window.name = `${KEY}=${theme}`;
      }
    },
  };

  function show(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  }

  let theme = THEMES.includes(kept.read()) ? kept.read() : "system";
  show(theme); // before anything is drawn

  function themeButton() {
    const button = document.querySelector(".theme");
    const label = () => (button.textContent = `Theme: ${theme}`);
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      kept.write(theme);
      show(theme);
      label();
    });
  }

  function copyButtons() {
    for (const button of document.querySelectorAll(".copy")) {
      const source = document.getElementById(button.dataset.copies);
      const said = document.createElement("span");
      said.setAttribute("role", "status");
      said.className = "said";
      button.hidden = false;
      button.after(said);
      button.addEventListener("click", async () => {
        const done = await copied(source);
        button.textContent = done ? "Copied" : "Selected";
        said.textContent = done ? "Copied." : "Selected: copy it with the keyboard.";
        setTimeout(() => {
          button.textContent = "Copy";
          said.textContent = "";
        }, 2500);
      });
    }
  }

  // The clipboard is not there for every page from the disk; a selection always is.
  async function copied(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      try {
        return document.execCommand("copy");
      } catch {
        return false;
      }
    }
  }

  // What is wider than the page can be scrolled with the keyboard.
  function scrollers() {
    for (const box of document.querySelectorAll(".wide, .formula, .code pre, .printed, .correction")) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      if (!scrolls) {
        if (box.dataset.scrolls) for (const x of ["tabindex", "role", "aria-label"]) box.removeAttribute(x);
        delete box.dataset.scrolls;
        continue;
      }
      box.dataset.scrolls = "yes";
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", box.matches(".formula, .printed") ? "Formula, scrolls" : "Scrolls");
    }
  }

  function finder() {
    const form = document.querySelector(".finder");
    if (!form) return;
    const search = form.querySelector("#search");
    const filters = [...form.querySelectorAll("select")];
    const items = [...document.querySelectorAll("[data-text]")];
    const status = form.querySelector("[role=status]");
    form.hidden = false;

    function apply() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const item of items) {
        const fits =
          words.every((x) => item.dataset.text.includes(x)) &&
          filters.every((x) => !x.value || item.dataset[x.dataset.key] === x.value);
        item.hidden = !fits;
        count += fits;
      }
      for (const group of document.querySelectorAll(".family")) {
        group.hidden = !group.querySelector("[data-text]:not([hidden])");
      }
      status.textContent = `${count} of ${items.length}`;
      document.querySelector(".nothing").hidden = count > 0;
    }

    // The address says what is shown; an address with an id alone is a link to that item.
    function write() {
      const state = new URLSearchParams();
      if (search.value) state.set("q", search.value);
      for (const x of filters) if (x.value) state.set(x.dataset.key, x.value);
      const hash = state.toString();
      try {
        history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
      } catch {
        location.hash = hash;
      }
    }

    function read() {
      const hash = location.hash.slice(1);
      const state = new URLSearchParams(hash.includes("=") ? hash : "");
      search.value = state.get("q") || "";
      for (const x of filters) {
        x.value = state.get(x.dataset.key) || "";
        if (x.selectedIndex < 0) x.value = "";
      }
      apply();
    }

    let waiting = 0;
    search.addEventListener("input", () => {
      apply();
      clearTimeout(waiting);
      waiting = setTimeout(write, 200);
    });
    for (const x of filters) {
      x.addEventListener("change", () => {
        apply();
        write();
      });
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () =>
      setTimeout(() => {
        apply();
        write();
        search.focus();
      }),
    );
    window.addEventListener("hashchange", read);
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, select, textarea, [contenteditable]");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === "Escape" && event.target === search && search.value) {
        search.value = "";
        apply();
        write();
      }
    });
    read();
  }

  document.addEventListener("DOMContentLoaded", () => {
    themeButton();
    copyButtons();
    finder();
    scrollers();
    addEventListener("resize", scrollers);
    // "toggle" does not bubble: caught on its way down.
    document.addEventListener("toggle", scrollers, true);
  });
})();
