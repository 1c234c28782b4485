// While the queue or a follow-up stays open: who else is there every 15 s, the counts every minute, and word of a change
// to the one that is open before anybody acts on it. A page that is not seen asks nothing.
"use strict";

(() => {
  const address = document.body.dataset.pulse;
  if (!address) return;
  const SECONDS = 15;
  const COUNTS_EVERY = 4; // beats
  const TYPING_SECONDS = 20;
  let beats = 0;
  let typedAt = -Infinity;
  let isAsking = false;
  let askedAt = performance.now();

  const pane = () => document.querySelector(".pane:not([hidden])");

  async function ask({ counts }) {
    if (document.hidden || isAsking) return;
    isAsking = true;
    askedAt = performance.now();
    const shown = pane();
    const state = new URLSearchParams(location.search);
    const asked = new URLSearchParams();
    for (const name of ["view", "tab", "q"]) if (state.get(name)) asked.set(name, state.get(name));
    if (shown?.dataset.task) {
      asked.set("task", shown.dataset.task);
      asked.set("version", shown.dataset.version);
    }
    if (performance.now() - typedAt < TYPING_SECONDS * 1000) asked.set("writing", "1");
    if (counts) asked.set("counts", "1");
    try {
      const headers = { "HX-Request": "true", "X-Background": "1" };
      const answer = await fetch(`${address}?${asked}`, { headers, credentials: "same-origin" });
      if (answer.ok) show(await answer.json(), shown);
    } catch {
      // the next beat asks again
    } finally {
      isAsking = false;
    }
  }

  function show(told, shown) {
    for (const place of document.querySelectorAll(".with")) people(place, told.here[place.id.slice(5)] || [], avatar);
    for (const place of document.querySelectorAll(".here")) people(place, told.here[place.id.slice(5)] || [], pill);
    if (told.counts) count(told.counts);
    // Only about what is still open as it was when this was asked.
    if (told.change && shown?.isConnected && shown === pane()) warn(shown, told.change);
  }

  function people(place, found, draw) {
    const now = [...place.children].map((one) => one.textContent.trim()).join("|");
    const nodes = found.map(draw);
    if (nodes.map((one) => one.textContent.trim()).join("|") !== now) place.replaceChildren(...nodes);
  }

  function stamp(id) {
    return document.getElementById(id).content.firstElementChild.cloneNode(true);
  }

  function pill(one) {
    const node = stamp("pulse-pill");
    node.append(one.words);
    return node;
  }

  function avatar(one) {
    const node = stamp("pulse-avatar");
    node.title = one.words;
    node.children[0].textContent = one.words;
    node.children[1].textContent = one.initials;
    return node;
  }

  function count({ open, views, tabs }) {
    const write = (id, number, { isBad = false, zero = "" } = {}) => {
      const place = document.getElementById(id);
      if (!place) return;
      const words = number ? String(number) : zero;
      if (place.textContent !== words) place.textContent = words;
      if (isBad) place.classList.toggle("bad", number > 0);
    };
    write("count-open", open);
    for (const [view, number] of Object.entries(views)) write(`count-${view}`, number, { isBad: view === "overdue" });
    for (const [tab, number] of Object.entries(tabs || {})) write(`tab-${tab}`, number, { isBad: tab === "overdue", zero: "0" });
  }

  function addressOf(task) {
    const here = new URL(location.href);
    if (document.getElementById("detail")) here.searchParams.set("task", task); // the first one stands there unnamed
    return here.href;
  }

  function warn(shown, sentence) {
    const sheet = document.querySelector("dialog[open] .sheet .sb");
    const place = sheet || shown.querySelector(".col");
    if (!place || shown.dataset.told === sentence) return;
    shown.dataset.told = sentence;
    document.querySelectorAll(".meanwhile").forEach((one) => one.remove());
    const note = stamp("pulse-change");
    const link = note.querySelector("a");
    note.querySelector(".what").textContent = sentence;
    if (sheet) link.remove(); // what stands in the dialog is not left for it
    else link.href = addressOf(shown.dataset.task);
    place.prepend(note);
  }

  document.addEventListener("input", (event) => {
    if (event.target.closest("form")?.method === "post") typedAt = performance.now();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && performance.now() - askedAt > SECONDS * 1000) ask({ counts: true });
  });
  setInterval(() => {
    beats += 1;
    ask({ counts: beats % COUNTS_EVERY === 0 });
  }, SECONDS * 1000);
})();
