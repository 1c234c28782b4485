// The page after a failure: what it keeps is sent by itself, at growing intervals, until it is taken or a quarter of an
// hour is over. Without this file the button does the same by hand.
"use strict";

const LONGEST_PAUSE = 60; // all times in seconds
const GIVE_UP_AFTER = 15 * 60;
const PATIENCE = 20; // with one try, which a frozen server may never answer
const TYPING = 10; // after the last key: half a sentence is not sent

const form = document.querySelector("#retry"); // none where a page was only opened
const line = document.querySelector("#retrying");
const [said, left] = line.children;
const firstPause = Number(line.dataset.after);
let pause, giveUpAt, nextAt = Infinity, isTrying = false;

const now = () => Date.now() / 1000;
const content = () => form && new URLSearchParams(new FormData(form)).toString();

function begin() {
  pause = firstPause;
  giveUpAt = now() + GIVE_UP_AFTER;
  say(line.dataset.waiting);
}

function say(text) {
  if (said.textContent !== text) said.textContent = text; // a screen reader reads every change
}

async function send() {
  const patience = new AbortController();
  const alarm = setTimeout(() => patience.abort(), PATIENCE * 1000);
  // HEAD, because a look by this script is no opened link.
  const what = form ? { method: "POST", body: new FormData(form) } : { method: "HEAD" };
  try {
    return await fetch(location.href, { ...what, cache: "no-store", signal: patience.signal });
  } catch {
    return null;
  } finally {
    clearTimeout(alarm);
  }
}

async function attempt() {
  if (isTrying) return;
  isTrying = true;
  nextAt = Infinity;
  left.textContent = "…";
  const sent = content();
  const answer = await send();
  isTrying = false;
  if (!answer || answer.status >= 500 || answer.status === 429) return wait(answer);
  if (!form) return location.reload();
  if (!answer.redirected) return form.submit(); // not taken, and nothing saved: the server's page says why
  if (content() === sent) return location.replace(answer.url);
  return attempt(); // something was typed meanwhile
}

function wait(answer) {
  const asked = seconds(answer?.headers.get("Retry-After"));
  // Not all pages in step when the records come back.
  nextAt = now() + Math.max(pause, asked) * (1 + Math.random() / 4);
  pause = Math.min(pause * 1.5, LONGEST_PAUSE);
  if (nextAt > giveUpAt) stop();
}

function stop() {
  nextAt = Infinity;
  left.textContent = "";
  say(line.dataset.stopped);
}

// Retry-After is a number of seconds or a date.
function seconds(text) {
  const number = /^\d+$/.test(text ?? "") ? Number(text) : Date.parse(text) / 1000 - now();
  return number > 0 ? number : 0;
}

function tick() {
  if (nextAt === Infinity) return;
  if (now() > giveUpAt) stop(); // a tick may come late: the machine slept, or had other things to do
  else if (now() >= nextAt) attempt();
  else left.textContent = `${Math.ceil(nextAt - now())} s`;
}

function byHand(event) {
  event.preventDefault();
  begin();
  attempt();
}

form?.addEventListener("submit", byHand);
form?.addEventListener("input", () => {
  if (nextAt !== Infinity) nextAt = Math.max(nextAt, now() + TYPING);
});
document.querySelector("#again")?.addEventListener("click", byHand);
addEventListener("online", () => {
  if (nextAt !== Infinity) attempt();
});

begin();
nextAt = now() + firstPause * (1 + Math.random() / 4);
setInterval(tick, 250);
