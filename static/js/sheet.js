// Pages that can stand in a dialog over the queue: closing, writing an e-mail. Without this file they are pages.
"use strict";

(() => {
  const { drafts } = window.nines;
  const dialog = document.getElementById("dialog");
  let opener = null;
  let isWarned = false;
  let isCarried = false; // what is in it was sent and refused: typed, though it stands there as the server's

  function open(url, from) {
    opener = from || document.activeElement;
    htmx.ajax("GET", url, { source: dialog, target: dialog, swap: "innerHTML" });
  }

  function isDirty() {
    const form = dialog.querySelector("form");
    if (!form) return false;
    if (isCarried) return true;
    return [...form.elements].some((field) => {
      if (field.type === "hidden" || field.tagName === "BUTTON" || field.tagName === "FIELDSET") return false;
      if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
      if (field.tagName === "SELECT") {
        const first = [...field.options].findIndex((option) => option.defaultSelected);
        return field.selectedIndex !== Math.max(first, 0);
      }
      return field.value !== field.defaultValue;
    });
  }

  function warn() {
    isWarned = true;
    const line = document.createElement("p");
    line.className = "banner ask";
    line.setAttribute("role", "alert");
    line.textContent = "What you filled in is not saved. Leave again to throw it away, or go on.";
    dialog.querySelector(".sf")?.before(line);
  }

  function firstField() {
    return (
      dialog.querySelector("[autofocus]") ||
      dialog.querySelector("[aria-invalid=true]") ||
      dialog.querySelector("input[type=radio]:not(:disabled), textarea, select, input:not([type=hidden])")
    );
  }

  function goToLesson() {
    const picked = dialog.querySelector("input[name=lesson]:checked");
    (picked?.value === "new" ? dialog.querySelector("[name=lesson_text]") : picked)?.focus();
  }

  function shown() {
    isWarned = false;
    drafts.restore(dialog);
    if (!dialog.open) dialog.showModal();
    firstField()?.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a[data-sheet]");
    if (!link) return;
    event.preventDefault();
    open(link.href, link);
  });
  document.addEventListener("nines:sheet", (event) => open(event.detail.url, document.querySelector(".pane:not([hidden]) [data-key=c]")));

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog) return;
    isCarried = event.detail.xhr?.status >= 400;
    shown();
  });

  dialog.addEventListener("cancel", (event) => {
    if (event.target !== dialog || isWarned || !isDirty()) return;
    event.preventDefault();
    warn();
  });

  dialog.addEventListener("close", () => {
    const form = dialog.querySelector("form");
    if (form && dialog.returnValue !== "done") drafts.forget(drafts.keysOf(form));
    dialog.returnValue = "";
    dialog.replaceChildren();
    const back = opener?.isConnected && opener.getClientRects().length ? opener : document.querySelector(".pane:not([hidden]) .t");
    back?.focus();
    opener = null;
  });

  dialog.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      dialog.querySelector("form")?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.target.matches("select[name=root_cause]")) {
      event.preventDefault();
      goToLesson();
      return;
    }
    // A digit picks the outcome of that number, where nobody is typing, and leads on to what is asked next.
    if (!/^[1-9]$/.test(event.key)) return;
    if (event.target.matches("textarea,select:not([name=root_cause]),input:not([type=radio]):not([type=checkbox])")) return;
    const choice = dialog.querySelectorAll("input[name=outcome]")[Number(event.key) - 1];
    if (!choice || choice.disabled) return;
    event.preventDefault();
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    const cause = dialog.querySelector("[name=root_cause]");
    if (choice.value === "promised") dialog.querySelector("[name=promise]")?.focus();
    else if (cause?.querySelector("option[selected]:not([value=''])")) goToLesson(); // evident, and said why
    else cause?.focus();
  });
})();
