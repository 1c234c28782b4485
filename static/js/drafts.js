// What is typed into a follow-up's forms is kept in this tab until it has been saved: over a refusal, a dropped
// connection, a look at another follow-up, an expired sign-in. Nothing of it leaves the browser.
"use strict";

window.nines = window.nines || {};

(() => {
  const person = document.body.dataset.user;
  const KEPT = "textarea[name],input[type=text][name],input:not([type])[name]";
  const scope = `draft:${person}:`;

  function key(field) {
    const form = field.closest("form");
    if (!form || form.method !== "post" || !form.closest("#detail,#main,#dialog")) return null;
    // data-draft tells the texts apart that one address takes one after the other.
    return `${scope}${new URL(form.action).pathname}${form.dataset.draft || ""}:${field.name}`;
  }

  function fields(root) {
    return [...root.querySelectorAll(KEPT)].filter(key);
  }

  function keep(field) {
    const name = key(field);
    if (!name) return;
    if (field.value.trim()) sessionStorage.setItem(name, field.value);
    else sessionStorage.removeItem(name);
  }

  function restore(root) {
    for (const field of fields(root)) {
      const kept = sessionStorage.getItem(key(field));
      const isUntouched = !field.value.trim() || (field.hasAttribute("data-prefilled") && field.value === field.defaultValue);
      if (kept && isUntouched) field.value = kept;
    }
  }

  const keysOf = (form) => fields(form).map(key);

  function forget(keys) {
    keys.forEach((name) => sessionStorage.removeItem(name));
  }

  function forgetAll() {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith("draft:")) sessionStorage.removeItem(name);
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches?.(KEPT)) keep(event.target);
  });
  document.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname === "/logout/") forgetAll();
  });

  window.nines.drafts = { restore, forget, keysOf, keep, fields };
  restore(document);
})();
