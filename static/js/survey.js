// The survey pages work without this file. It keeps what was chosen or typed when the language is changed.
"use strict";

const links = document.querySelectorAll(".lang a[hreflang]");

function carry(score) {
  for (const link of links) {
    const address = new URL(link.href);
    address.searchParams.set("score", score);
    link.href = address.search;
  }
}

// The browser may have restored a choice that the address does not know of.
const chosen = document.querySelector("#answer input[name=score]:checked");
if (chosen) carry(chosen.value);
document.querySelector("#answer")?.addEventListener("change", (event) => {
  if (event.target.name === "score") carry(event.target.value);
});

const reason = document.querySelector("#reason");
if (reason) {
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (!reason.querySelector("textarea").value && !reason.querySelector(":checked")) return;
      event.preventDefault();
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "switch";
      field.value = link.hreflang;
      reason.append(field);
      reason.submit();
    });
  }
}

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector(".lang[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
