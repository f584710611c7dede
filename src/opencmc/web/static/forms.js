// Unsent forms: ask before leaving, and keep a long form's draft in this browser, for this user, until sign-out.
"use strict";

const user = document.body.dataset.user || "";
const PREFIX = "opencmc:draft:";
const KEPT = 12 * 3600 * 1000;

const fields = (form) => [...form.elements].filter((field) => field.name && !["csrfmiddlewaretoken", "version"].includes(field.name) && !["hidden", "password", "file", "submit", "button"].includes(field.type));
const read = (form) => JSON.stringify(fields(form).map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? [field.value, field.checked] : field.value]));

const stored = (() => {
  try {
    return window.localStorage;
  } catch {
    return null; // a browser that keeps nothing
  }
})();

function forget(test) {
  if (!stored) return;
  Object.keys(stored).filter((name) => name.startsWith(PREFIX) && test(name)).forEach((name) => stored.removeItem(name));
}

const guarded = new Map();
document.querySelectorAll("form[data-guard]").forEach((form) => {
  // What a page with errors brings back was typed by the reader and is not accepted yet.
  guarded.set(form, form.querySelector("[data-error-summary]") ? null : read(form));
  form.addEventListener("submit", () => guarded.delete(form));
});
window.addEventListener("beforeunload", (event) => {
  for (const [form, start] of guarded) {
    if (read(form) !== start) return event.preventDefault();
  }
});

function note(form, name) {
  const line = document.createElement("p");
  line.className = "draft-note";
  line.setAttribute("role", "status");
  const text = document.createElement("span");
  text.textContent = document.body.dataset.restored;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet boxed";
  button.textContent = document.body.dataset.discard;
  button.addEventListener("click", () => {
    stored.removeItem(name);
    form.reset();
    line.remove();
  });
  line.append(text, button);
  form.prepend(line);
}

function restore(form, values) {
  const held = new Map();
  for (const [name, value] of values) held.set(name, [...(held.get(name) || []), value]);
  for (const field of fields(form)) {
    const value = (held.get(field.name) || []).shift();
    if (value === undefined) continue;
    if (Array.isArray(value)) field.checked = value[1];
    else field.value = value;
  }
}

if (stored && user) {
  const SENT = "opencmc:sent";
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  const forms = [...document.querySelectorAll("form[data-draft]")];
  forms.forEach((form) => {
    const name = `${PREFIX}${user}:${form.dataset.draft}:${location.pathname}`;
    const fresh = read(form);
    const failed = form.querySelector("[data-error-summary]");
    if (sent === name && !failed) stored.removeItem(name);
    const kept = stored.getItem(name);
    if (kept && !failed) {
      const { at, values } = JSON.parse(kept);
      if (Date.now() - at < KEPT && JSON.stringify(values) !== fresh) {
        restore(form, values);
        note(form, name);
      }
    }
    let timer = 0;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => stored.setItem(name, JSON.stringify({ at: Date.now(), values: JSON.parse(read(form)) })), 400);
    });
    form.addEventListener("submit", () => sessionStorage.setItem(SENT, name));
  });
  // Sent from a page that is not shown again: the draft has done its work.
  if (sent && !forms.some((form) => sent.endsWith(`:${form.dataset.draft}:${location.pathname}`))) stored.removeItem(sent);
}
document.querySelectorAll("form[data-sign-out]").forEach((form) => form.addEventListener("submit", () => {
  guarded.clear();
  forget(() => true);
}));
