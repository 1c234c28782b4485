// One key, one control: whatever carries data-key is pressed (or focused) by that key. Keys rest while somebody types,
// with Ctrl, Alt or Meta held, during composition, and where the person has switched them off. Pages work without this.
"use strict";

(() => {
  const body = document.body;
  const areOff = body.dataset.keys === "off";
  body.classList.add(areOff ? "no-keys" : "has-keys");

  const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]),textarea,select,[contenteditable]";
  const ESCAPED = ".menu[open], .pop details[open]";
  let goesUntil = 0; // G was pressed; until then a second key says where to

  // Digits act only where they are seen; other keys reach into a shut menu as well, if the menu itself is seen.
  const isSeen = (node) => Boolean(node?.getClientRects().length);
  const isThere = (node, key) => !node.closest("[hidden]") && (isSeen(node) || (!/^[0-9]$/.test(key) && isSeen(node.closest(".menu"))));
  const topDialog = () => [...document.querySelectorAll("dialog[open]")].pop();

  function find(key) {
    const wanted = `[data-key="${CSS.escape(key)}"]`;
    const dialog = topDialog();
    const menu = document.querySelector(".menu[open] > .pop");
    const layers = dialog ? [dialog] : menu ? [menu, document] : [document];
    for (const layer of layers) {
      const found = [...layer.querySelectorAll(wanted)].find((node) => isThere(node, key));
      if (found) return found;
      if (layer === menu && /^[0-9]$/.test(key)) return null; // a digit meant for the open menu is not an attempt
    }
    return null;
  }

  function press(node, event) {
    event.preventDefault();
    if (node.matches(TYPING)) {
      node.closest("details")?.setAttribute("open", "");
      node.focus();
      node.select?.();
      return;
    }
    node.click();
    // A menu that has just been opened is entered, so that arrows, Tab and digits go on from there.
    const menu = node.closest("summary")?.parentElement;
    if (menu?.open) menu.querySelector(".pop :is(button:not([hidden]), select, input:not([type=hidden]), a)")?.focus();
  }

  function escape(event) {
    if (topDialog()) return; // the dialog's own
    const typing = event.target.closest(TYPING);
    const menu = event.target.closest(ESCAPED) || document.querySelector(ESCAPED);
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (typing) {
      typing.blur();
    } else if (!document.dispatchEvent(new CustomEvent("nines:escape", { cancelable: true }))) {
      // somebody else used it
    } else if (!areOff) {
      const back = find("escape");
      if (back) press(back, event);
      return;
    } else return;
    event.preventDefault();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") return escape(event);
    if (areOff || event.defaultPrevented || event.target.closest?.(TYPING)) return;
    if (event.key === "Enter" && event.target.closest?.("a,button,summary,input,[tabindex='0']")) return;
    const key = event.key.toLowerCase();
    // Keys of what a page does by itself, with more than one control.
    const said = new CustomEvent("nines:key", { cancelable: true, detail: { key, shift: event.shiftKey } });
    if (!topDialog() && !document.dispatchEvent(said)) return event.preventDefault();
    if (event.shiftKey && key !== "?" && key !== "/") return;
    if (key === "?" && !topDialog()) {
      event.preventDefault();
      document.getElementById("keys")?.showModal();
      return;
    }
    if (Date.now() < goesUntil) {
      goesUntil = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
      if (link) return press(link, event);
    }
    if (key === "g" && !topDialog()) {
      goesUntil = Date.now() + 1500;
      return;
    }
    if (event.repeat && !"jk".includes(key)) return; // a key held down is one act
    const node = find(key);
    if (node) press(node, event);
  });

  // What opened over the page closes again by a click beside it.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const leaver = event.target.closest("[data-dismiss]");
    if (!leaver) return;
    const what = leaver.closest(leaver.dataset.dismiss);
    if (!what) return;
    event.preventDefault();
    if (what.matches("dialog")) what.dispatchEvent(new Event("cancel", { cancelable: true })) && what.close();
    else what.remove();
  });
})();
