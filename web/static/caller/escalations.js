// R-SMP-5. Complaints that wait for their promised answer: counted down each second by the shop's
// clock, said aloud in minute steps, asked again while the page is open. A button changes the list
// alone, so that nothing typed in a call is lost.
import { all, beep, CHANGED, idle, minutesSeconds, one, say } from "./ground.js";

const REFRESH_MS = 15_000;
const NEAR_S = 600;
const HOUR_S = 3600;
const SAID_EACH_MIN = 5; // while much is left; in the last ten minutes each one is said
export const NEXT_IS_READY = "waihu:next-is-ready";

const begun = new WeakMap(); // list -> when it was put into the page
const said = new Map(); // due and buyer -> the minute that was said last
let voice = null;
let hasLooked = false; // what was there when the page was opened is read with it

const list = () => one("[data-escalations]");

const shopNow = (shown) => {
  if (!begun.has(shown)) begun.set(shown, performance.now());
  return Date.parse(shown.dataset.now) + (performance.now() - begun.get(shown)) * Number(shown.dataset.speed);
};

const span = (seconds) => {
  if (seconds < HOUR_S) return minutesSeconds(seconds);
  return say("{0} 小时 {1} 分", Math.floor(seconds / HOUR_S), Math.floor(seconds / 60) % 60);
};

export const countdown = (left) => {
  if (left <= 0) return say("已超时 {0}", span(-left));
  return left <= NEAR_S ? say("快到时限 {0}", span(left)) : say("还剩 {0}", span(left));
};

const speak = (text) => {
  if (!voice) {
    voice = document.createElement("div");
    voice.className = "visually-hidden";
    voice.setAttribute("aria-live", "polite");
    document.body.append(voice);
  }
  voice.textContent = text;
};

// What is new since the last minute, or new in the list; the first look is read with the page.
const tell = (timer, left) => {
  const key = `${timer.dataset.due} ${timer.dataset.buyer}`;
  const minutes = left <= 0 ? 0 : Math.ceil(left / 60);
  const before = said.get(key);
  if (before === minutes) return;
  said.set(key, minutes);
  if (before === undefined && !hasLooked) return;
  const isNear = minutes <= NEAR_S / 60;
  if (!isNear && minutes % SAID_EACH_MIN && before !== undefined) return;
  speak(minutes
    ? say("{0} 的投诉还剩 {1} 分钟", timer.dataset.buyer, minutes)
    : say("{0} 的投诉已超时", timer.dataset.buyer));
  if (minutes === NEAR_S / 60 || minutes === 0 || (isNear && before === undefined)) beep();
};

const tick = () => {
  const shown = list();
  if (!shown) return;
  const now = shopNow(shown);
  for (const timer of all("[data-due]", shown)) {
    const left = Math.floor((Date.parse(timer.dataset.due) - now) / 1000);
    const text = countdown(left);
    if (timer.textContent !== text) timer.textContent = text;
    timer.classList.toggle("timer-bad", left <= 0);
    timer.classList.toggle("timer-warn", left > 0 && left <= NEAR_S);
    tell(timer, left);
  }
  hasLooked = true;
};

const put = (html) => {
  const fresh = one("[data-escalations]", new DOMParser().parseFromString(html, "text/html"));
  if (!fresh || !list()) return false;
  const flashes = all("[data-flashes] .flash", fresh).map((flash) => document.adoptNode(flash));
  if (flashes.length) (one("#said") ?? one(".notes")).replaceChildren(...flashes);
  list().replaceWith(document.adoptNode(fresh));
  tick();
  return true;
};

// Not while somebody stands in it: a field is not taken from under the hands.
const isInUse = () => list().contains(document.activeElement) || one("details[open]", list()) !== null;

const refresh = async () => {
  if (!list() || document.visibilityState !== "visible" || isInUse()) return;
  try {
    const answer = await fetch(list().dataset.url, { headers: { Accept: "application/json, text/html", "X-Part": "escalations" } });
    if (!answer.ok || answer.redirected) return;
    const html = await answer.text();
    if (list() && !isInUse()) put(html);
  } catch {
    // the network is gone: what is shown counts on, and is asked for again
  }
};

// What was refused stands beside the field, in the words of the notice.
const refuse = (form, html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const words = one("[data-message]", page)?.textContent.trim() ?? "";
  const fault = one("[data-fault]", form);
  if (fault && words) {
    fault.textContent = words;
    fault.hidden = false;
    one("input:not([type=hidden]), select", form)?.focus();
  } else {
    one("#notice").innerHTML = html;
  }
};

const send = async (form) => {
  const buttons = all("button", form);
  const body = new URLSearchParams(new FormData(form));
  body.set("csrf_token", one("meta[name=csrf-token]").content);
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const answer = await fetch(form.action, {
      method: "POST", body, headers: { Accept: "application/json, text/html", "HX-Request": "true", "X-Part": "escalations" },
    });
    if (answer.ok) {
      put(await answer.text());
      if (!("thenNext" in form.dataset)) return;
      if (idle()) document.dispatchEvent(new Event(NEXT_IS_READY));
      else if (!one("#call")) location.assign("/call");
      return;
    }
    if (answer.status === 401) { form.submit(); return; } // signed out meanwhile: the sign-in page
    refuse(form, await answer.text());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // only a failed fetch is a lost network
    const fault = document.createElement("div");
    fault.className = "note note-bad";
    fault.textContent = say("网络断了，没有提交。连上后请再按一次。");
    one("#notice").replaceChildren(fault);
  }
  buttons.forEach((button) => { button.disabled = false; });
};

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-escalation]")) return;
  event.preventDefault();
  send(event.target);
}, true);
document.addEventListener("toggle", (event) => {
  if (event.target.matches(".answered[open]")) one("input:not([type=hidden])", event.target).focus();
}, true);
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest(".answered[open]");
  if (!open) return;
  event.stopPropagation();
  open.open = false;
  one("summary", open).focus();
}, true);
document.addEventListener(CHANGED, refresh);
document.addEventListener("visibilitychange", refresh);
setInterval(tick, 1000);
setInterval(refresh, REFRESH_MS);
tick();
