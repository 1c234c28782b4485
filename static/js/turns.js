// The queue without page loads: an act shows at once, the server's answer replaces it, a refusal puts it back. The next
// follow-up is fetched while the present one is worked on. Every form and link here works without this file.
"use strict";

(() => {
  const { drafts } = window.nines;
  const detail = document.getElementById("detail") || document.getElementById("main");
  const isQueue = detail.id === "detail";
  const wide = window.matchMedia("(min-width: 861px)");
  const TOAST_SECONDS = 10;
  const PREFETCH_SECONDS = 60;

  let ready = null; // {url, html, at}: the next follow-up, fetched ahead
  let fetching = ""; // its address, while it is on its way
  let acting = null; // what an act has changed on screen before the server answered
  let wantsFocus = false;
  let task = null; // the one that is open

  const pane = () => detail.querySelector(".pane:not([hidden])");
  const row = (task) => (task ? document.getElementById(`row-${task}`) : null);

  // ---- what is on screen ----------------------------------------------------------------------------------
  function select(task) {
    for (const open of document.querySelectorAll(".row[aria-current]")) {
      if (open.dataset.task !== task) open.removeAttribute("aria-current");
    }
    const here = row(task)?.querySelector(".row");
    here?.setAttribute("aria-current", "true");
    here?.scrollIntoView({ block: "nearest" });
  }

  function focusHeading() {
    const shown = pane();
    const wrong = shown?.querySelector("[autofocus]");
    (wrong || shown?.querySelector(".t"))?.focus({ preventScroll: !wrong });
  }

  function say(sentence, { retry = null } = {}) {
    const toasts = document.getElementById("toasts");
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.setAttribute("role", "alert");
    const words = document.createElement("span");
    words.textContent = sentence;
    toast.append(words);
    if (retry) {
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = "Try again";
      again.addEventListener("click", () => {
        toast.remove();
        retry();
      });
      toast.append(again);
    }
    toasts.replaceChildren(toast);
  }

  const timers = new Map();
  function fadeToasts() {
    for (const toast of document.querySelectorAll(".toast[role=status]")) {
      if (timers.has(toast)) continue;
      timers.set(toast, setTimeout(function leave() {
        timers.delete(toast);
        if (toast.matches(":hover, :focus-within")) timers.set(toast, setTimeout(leave, 2000));
        else toast.remove();
      }, TOAST_SECONDS * 1000));
    }
  }

  let isSettling = false;
  function settleSoon() {
    // htmx says so for every part that it changed; once for all of them is enough.
    if (isSettling) return;
    isSettling = true;
    queueMicrotask(() => {
      isSettling = false;
      settled();
    });
  }

  function settled() {
    const shown = pane();
    if (isQueue) select(shown?.dataset.task);
    drafts.restore(detail);
    const isAnother = task !== shown?.dataset.task;
    const isLost = document.activeElement === document.body;
    if (wantsFocus && (isAnother || isLost || shown?.querySelector("[autofocus]"))) focusHeading();
    wantsFocus = false;
    task = shown?.dataset.task ?? null;
    fadeToasts();
    fetchNext();
    document.dispatchEvent(new CustomEvent("nines:opened"));
  }

  // ---- the next one, ahead of time ------------------------------------------------------------------------
  function nextUrl() {
    return pane()?.querySelector("[data-key=j]")?.href;
  }

  async function fetchNext() {
    const url = nextUrl();
    if (!isQueue || !url || ready?.url === url || fetching === url || document.hidden) return;
    ready = null;
    fetching = url;
    try {
      const headers = { "HX-Request": "true", "HX-Target": "detail", "X-Prefetch": "1" };
      const answer = await fetch(url, { headers, credentials: "same-origin" });
      if (answer.ok && answer.headers.get("X-Part") && url === nextUrl()) {
        ready = { url, html: await answer.text(), at: Date.now() };
      }
    } catch {
      // it will be fetched when it is asked for
    } finally {
      if (fetching === url) fetching = "";
    }
  }

  function takeReady(url) {
    const fresh = ready && ready.url === url && Date.now() - ready.at < PREFETCH_SECONDS * 1000;
    const html = fresh ? ready.html : null;
    if (fresh) ready = null;
    return html;
  }

  const paneIn = (html) => new DOMParser().parseFromString(html, "text/html").querySelector(".pane");

  // ---- passing one over -----------------------------------------------------------------------------------
  const SKIPS = "nines:skips";
  const MOST_SKIPS = 3;

  function skips() {
    try {
      return JSON.parse(sessionStorage.getItem(SKIPS)) || {};
    } catch {
      return {};
    }
  }

  function countSkips(task, change) {
    const counted = skips();
    const number = change(counted[task] || 0);
    if (number) counted[task] = number;
    else delete counted[task];
    try {
      sessionStorage.setItem(SKIPS, JSON.stringify(counted));
    } catch {
      // private windows may keep nothing; then nobody is asked
    }
    return number;
  }

  /** One's own task, left without doing anything for the third time: why is asked once, in a note. */
  function mustSayWhy() {
    const shown = pane();
    const field = noteForm()?.querySelector("[name=note-text]");
    if (!field || !shown.hasAttribute("data-mine")) return false;
    if (countSkips(shown.dataset.task, (number) => Math.min(number + 1, MOST_SKIPS)) < MOST_SKIPS) return false;
    say("You pass this one over for the third time. Say in a note why, and save it; then J goes on.");
    field.focus();
    return true;
  }

  // Past the end of the view K leads back to the last one.
  document.addEventListener("nines:key", (event) => {
    if (!isQueue || event.detail.key !== "k" || !pane() || pane().dataset.task) return;
    const last = [...document.querySelectorAll("#rows a.row")].pop();
    if (!last) return;
    event.preventDefault();
    last.click();
  });

  // ---- opening one ----------------------------------------------------------------------------------------
  function open(url, { list = false } = {}) {
    wantsFocus = true;
    const task = new URL(url).searchParams.get("task");
    const html = takeReady(url);
    if (html) {
      history.replaceState({ htmx: true }, "");
      history.pushState({ htmx: true }, "", url);
      htmx.swap(detail, html, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
      settled();
      if (task !== "end" && !row(task)) listFor(url);
      return;
    }
    const withList = !list && (task === "end" || row(task)) ? url : `${url}&list=1`;
    htmx.ajax("GET", withList, { source: detail, target: detail, swap: "innerHTML" });
  }

  function listFor(url) {
    htmx.ajax("GET", `${url}&list=1`, { source: "#rows", target: "#rows", swap: "none" });
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a.row, a[data-opens]");
    if (!link || !isQueue || (link.matches(".row") && !wide.matches)) return;
    event.preventDefault();
    if (link.matches("[data-key=j]") && mustSayWhy()) return;
    open(link.href, { list: link.hasAttribute("data-list") });
  });

  // ---- an act, before and after the answer ----------------------------------------------------------------
  function begin(form, submitter) {
    const shown = pane();
    drafts.fields(form).forEach(drafts.keep); // the last of it may have come too late for an input event
    acting = { shown, row: null, ahead: null, drafts: drafts.keysOf(form) };
    if (carriesNote(form)) acting.drafts.push(...drafts.keysOf(noteForm()));
    if (!isQueue || !form.matches(".leaves") || submitter?.hasAttribute("data-stays")) return;
    acting.row = row(shown.dataset.task);
    if (acting.row) acting.row.hidden = true;
    if (form.closest("dialog")) return;
    const ahead = ready && ready.url === nextUrl() ? paneIn(ready.html) : null;
    if (!ahead) return;
    ready = null;
    acting.ahead = ahead;
    shown.hidden = true;
    detail.append(ahead);
    htmx.process(ahead);
    select(ahead.dataset.task);
    drafts.restore(ahead);
    ahead.querySelector(".t")?.focus({ preventScroll: true });
  }

  function putBack() {
    if (!acting) return;
    const { shown, row: left, ahead } = acting;
    acting = null;
    ahead?.remove();
    shown.hidden = false;
    shown.removeAttribute("aria-busy");
    if (left) left.hidden = false;
    if (isQueue) select(shown.dataset.task);
    if (ahead) focusHeading();
    fetchNext();
  }

  function repeat(form) {
    const submitter = form.ninesSubmitter?.isConnected ? form.ninesSubmitter : undefined;
    return () => form.isConnected && form.requestSubmit(submitter);
  }

  // A note that was typed and not saved goes along with the attempt it belongs to.
  const noteForm = () => pane()?.querySelector("form.note");
  const carriesNote = (form) => form.matches(".logform") && Boolean(noteForm()?.querySelector("[name=note-text]").value.trim());

  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.matches?.(".logform") || !carriesNote(event.detail.elt)) return;
    event.detail.parameters["attempt-note"] = noteForm().querySelector("[name=note-text]").value;
  });

  /** The form whose act this htmx event is about; null for what only reads. */
  function formOf(event) {
    const request = event.detail.requestConfig;
    return request?.verb === "post" && request.elt.matches?.("form") ? request.elt : null;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form")) return;
    if (form.ninesSent) { // pressed twice: the first press is on its way
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.ninesSubmitter = event.submitter;
    form.ninesSent = form.matches("[hx-boost=true]");
  }, true);

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (form) begin(form, form.ninesSubmitter);
    if (form || event.detail.target === detail) pane()?.setAttribute("aria-busy", "true");
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail.xhr;
    const isOurs = formOf(event) || event.detail.target === detail || event.detail.target.id === "dialog";
    if (isOurs && !answer.getResponseHeader("X-Part")) {
      // A whole page came: the server broke, or something between here and there answered in its place.
      event.detail.shouldSwap = false;
      event.detail.isError = true;
      return;
    }
    if (formOf(event) && answer.status < 400) drafts.forget(acting?.drafts || []); // saved: not to be put back
    if (event.detail.target !== detail || event.detail.swapOverride === "none") return;
    // Of menus with one name only one is open: what comes with an error in it must not meet the one that was.
    for (const menu of detail.querySelectorAll(".menu[open]")) menu.open = false;
    wantsFocus = wantsFocus || Boolean(acting);
    const ahead = acting?.ahead;
    const coming = ahead?.dataset.task && paneIn(event.detail.serverResponse);
    if (coming && coming.dataset.task === ahead.dataset.task && coming.dataset.version === ahead.dataset.version) {
      // What is shown already is what came: nothing that was typed or focused there is touched.
      event.detail.swapOverride = "none";
      wantsFocus = false;
      const place = coming.querySelector(".right");
      ahead.querySelector(".right")?.replaceWith(place);
      acting.isConfirmed = true;
    }
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, successful, target } = event.detail;
    const form = formOf(event);
    if (form) form.ninesSent = false;
    if (form && successful && acting?.shown) countSkips(acting.shown.dataset.task, () => 0);
    if (!form && target !== detail && target?.id !== "dialog") return;
    const isPart = Boolean(xhr?.getResponseHeader?.("X-Part"));
    pane()?.removeAttribute("aria-busy");
    if (form && isPart && xhr.status < 400) {
      if (acting?.isConfirmed) acting.shown.remove();
      document.querySelector("dialog[open]")?.close("done");
      acting = null;
    } else if (form && (!isPart || target !== detail || xhr.getResponseHeader("HX-Reswap") === "none")) {
      putBack();
    } else if (form) {
      acting = null; // refused: the answer shows why, the list as it is, and what was typed
    }
    if (isPart || xhr?.getResponseHeader?.("HX-Redirect")) return;
    wantsFocus = false;
    const kept = form ? " Nothing was changed, and what you typed is still here." : "";
    say(`${xhr?.status ? "Not saved: the server did not answer as it should." : "Not saved: the connection dropped."}${kept}`, {
      retry: form ? repeat(form) : null,
    });
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === detail) settleSoon();
  });

  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "toasts") fadeToasts();
    if (event.detail.target.id === "rows") select(pane()?.dataset.task);
  });

  settled();
})();
