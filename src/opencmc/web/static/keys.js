// Keys, menus, suggestions while typing, lists that renew themselves. Every page works without this file.
"use strict";

const typing = (node) => node.matches("input, textarea, select, [contenteditable]") && !["checkbox", "radio", "button", "submit"].includes(node.type);
const visible = (node) => node.getClientRects().length > 0;
const find = document.getElementById("find");

// ---- keys: / search, g h home, j k walk, Enter opens (the focused link does that by itself), 1–4 outcome, ? help, Esc closes
let before = "";

function walk(step) {
  const items = [...document.querySelectorAll("[data-walk-item]")].filter(visible);
  if (!items.length) return;
  const now = items.findIndex((item) => item.contains(document.activeElement) || item.classList.contains("walked"));
  const to = items[Math.max(0, Math.min(items.length - 1, now < 0 ? 0 : now + step))];
  items.forEach((item) => item.classList.toggle("walked", item === to));
  const target = to.querySelector("a[href], button");
  if (target) target.focus();
  to.scrollIntoView({ block: "nearest" });
}

function closeMenus(except) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (menu === except) return;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector("summary").focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return closeMenus(null);
  if (typing(event.target)) return;
  const key = event.key;
  if (key === "/" && find) {
    event.preventDefault();
    find.focus();
    find.select();
  } else if (key === "h" && before === "g") {
    location.href = "/";
  } else if (key === "j" || key === "k") {
    event.preventDefault();
    walk(key === "j" ? 1 : -1);
  } else if (key === "?") {
    const help = document.querySelector(".help-menu");
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  } else if (/^[1-9]$/.test(key)) {
    const button = document.querySelector(`[data-key="${key}"]`);
    if (button && visible(button)) {
      event.preventDefault();
      button.click();
    }
  }
  before = key;
});

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

// Enter moves on in a form of many small fields; the last one leads to its buttons.
document.querySelectorAll("form[data-enter-moves]").forEach((form) => {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !typing(event.target) || event.target.tagName === "TEXTAREA") return;
    event.preventDefault();
    const stops = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, .outcomes button, .form-actions button")].filter(visible);
    const next = stops[stops.indexOf(event.target) + 1];
    if (next) next.focus();
  });
});

// A case that was just opened is where one works: its first field, or its heading.
// After the browser has gone to the fragment, which takes the focus away.
if (location.hash === "#case") {
  window.addEventListener("load", () => setTimeout(() => {
    const opened = document.getElementById("case");
    const first = opened && opened.querySelector(".error-box, .measures input, .outcomes button");
    if (first) first.focus({ preventScroll: true });
  }));
}
const summary = document.querySelector("[data-error-summary]");
if (summary) summary.focus();

// ---- suggestions
if (find) {
  const form = find.form;
  const box = document.createElement("div");
  box.className = "suggestions";
  box.id = "suggestions";
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", find.labels[0].textContent);
  box.hidden = true;
  form.append(box);
  find.setAttribute("role", "combobox");
  find.setAttribute("aria-controls", "suggestions");
  find.setAttribute("aria-expanded", "false");
  find.setAttribute("aria-autocomplete", "list");
  let timer = 0, asked = null, at = -1;

  const options = () => [...box.querySelectorAll("[role=option]")];
  function show(open) {
    box.hidden = !open;
    find.setAttribute("aria-expanded", String(open));
    if (!open) {
      at = -1;
      find.removeAttribute("aria-activedescendant");
    }
  }
  function mark(index) {
    const all = options();
    at = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (at < 0) return;
    find.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  }
  function fill(sections) {
    box.replaceChildren();
    let n = 0;
    for (const section of sections) {
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", section.label);
      const head = document.createElement("div");
      head.className = "group";
      head.setAttribute("aria-hidden", "true");
      head.textContent = section.label;
      group.append(head);
      for (const hit of section.hits) {
        const option = document.createElement("div");
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.id = `suggestion-${n++}`;
        option.dataset.href = hit.href;
        const text = document.createElement("span");
        text.textContent = hit.text;
        const detail = document.createElement("small");
        detail.textContent = hit.detail;
        option.append(text, detail);
        group.append(option);
      }
      box.append(group);
    }
    show(n > 0);
  }
  async function ask() {
    const text = find.value.trim();
    if (asked) asked.abort();
    if (text.length < 1) return show(false);
    asked = new AbortController();
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(text)}`, { signal: asked.signal, headers: { Accept: "application/json" } });
      if (answer.ok && find.value.trim() === text && document.activeElement === find) fill((await answer.json()).sections);
    } catch (error) {
      if (error.name !== "AbortError") show(false);
    }
  }
  find.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 140);
  });
  find.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      show(false);
    } else if (!box.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      mark(event.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      location.href = options()[at].dataset.href;
    }
  });
  box.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    location.href = option.dataset.href;
  });
  find.addEventListener("blur", () => setTimeout(() => show(false), 120));
}

// ---- a list that is still moving asks for itself again
function renew(part) {
  const seconds = Number(part.dataset.live);
  setTimeout(async () => {
    if (document.hidden || part.contains(document.activeElement)) return renew(part);
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      if (!fresh) return;
      part.replaceChildren(...fresh.childNodes);
      if (fresh.dataset.live) renew(part);
    } catch {
      renew(part);
    }
  }, seconds * 1000);
}
document.querySelectorAll("[data-live][id]").forEach(renew);
