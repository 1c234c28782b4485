// Selecting rows of the queue: X, Shift+J and Shift+K, Escape, and how many there are. What is done with them is a form
// with checkboxes, which works without this file.
"use strict";

(() => {
  const form = document.getElementById("bulk");
  if (!form) return;
  const rows = document.getElementById("rows");
  const said = document.getElementById("picked");
  let picked = new Set();
  let from = null; // where Shift+J began
  let to = null; // and how far it has come

  const boxes = () => [...rows.querySelectorAll(".pick input")].filter((box) => !box.closest("[hidden]"));
  const current = () => rows.querySelector(".row[aria-current]")?.dataset.task;

  function tell() {
    picked = new Set(boxes().filter((box) => box.checked).map((box) => box.dataset.pick));
    if (!picked.size) from = to = null;
    const words = picked.size ? `${picked.size} selected` : "";
    if (said.textContent !== words) said.textContent = words;
  }

  function clear() {
    const isInside = rows.contains(document.activeElement) || form.contains(document.activeElement);
    form.querySelectorAll(".menu[open]").forEach((menu) => (menu.open = false));
    boxes().forEach((box) => (box.checked = false));
    tell();
    if (isInside) document.querySelector(".pane:not([hidden]) .t")?.focus({ preventScroll: true });
  }

  function toggle() {
    const box = boxes().find((one) => one.dataset.pick === (to ?? current()));
    if (!box) return;
    box.checked = !box.checked;
    from = to = box.dataset.pick;
    tell();
  }

  /** As Shift with the arrows: away from where it began takes in, back towards it lets go. */
  function extend(step) {
    const all = boxes();
    const number = (pick) => all.findIndex((box) => box.dataset.pick === pick);
    if (number(from) < 0 || number(to) < 0) {
      from = to = current();
      if (number(from) < 0) return;
      all[number(from)].checked = true;
    }
    const now = number(to);
    const then = Math.min(Math.max(now + step, 0), all.length - 1);
    const begun = number(from);
    if (then !== now && Math.abs(then - begun) < Math.abs(now - begun)) all[now].checked = false;
    else all[then].checked = true;
    to = all[then].dataset.pick;
    all[then].focus({ preventScroll: true });
    all[then].closest("li").scrollIntoView({ block: "nearest" });
    tell();
  }

  document.addEventListener("nines:key", (event) => {
    const { key, shift } = event.detail;
    if (key === "x" && !shift) toggle();
    else if (shift && (key === "j" || key === "k")) extend(key === "j" ? 1 : -1);
    else return;
    event.preventDefault();
  });
  document.addEventListener("nines:escape", (event) => {
    if (!picked.size) return;
    event.preventDefault();
    clear();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    clear();
  });
  rows.addEventListener("change", (event) => {
    if (!event.target.matches(".pick input")) return;
    from = to = event.target.dataset.pick;
    tell();
  });

  let open = current();
  document.addEventListener("nines:opened", () => {
    if (current() === open) return;
    open = current();
    from = to = null; // X is about the one that is open again
  });

  // ---- what the server answers ----------------------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt === form) event.detail.parameters.task = document.querySelector(".pane:not([hidden])")?.dataset.task || "";
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // After an act on them, those that were not done stay selected: the server says which.
    if (event.detail.requestConfig.elt !== form || event.detail.xhr.getResponseHeader("HX-Reswap") === "none") return;
    if (!event.detail.xhr.getResponseHeader("X-Part")) return;
    picked = new Set();
    from = to = null;
    form.querySelectorAll(".menu[open]").forEach((menu) => (menu.open = false));
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "rows") return;
    for (const box of boxes()) if (picked.has(box.dataset.pick)) box.checked = true;
    tell();
  });
  tell();
})();
