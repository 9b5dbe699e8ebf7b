// What runs: ringing, talking, writing down, the time left. Shown each second, said each minute.
import { all, attempt, beep, call, minutesSeconds, one, remembers, say, shopNow, speak, strip } from "./ground.js";

const talks = new Map(); // attempt -> since when somebody is on the line, as far as the dialogue tells
const wrapUps = new Map(); // attempt -> seconds asked for in addition
const overdue = new Set(); // attempts whose wrap-up is over

export const answered = () => {
  if (strip()?.dataset.dialled && !strip().dataset.hungUp && !talks.has(attempt())) {
    talks.set(attempt(), shopNow().getTime());
    tick();
  }
};

export const moreTime = () => {
  if (!strip()?.dataset.hungUp || wrapUps.has(attempt())) return;
  wrapUps.set(attempt(), Number(call().dataset.wrapUp));
  overdue.delete(attempt());
  tick();
};

const seconds = (from, to) => Math.max(0, Math.floor((to - from) / 1000));

// By hand nobody tells when it rings: until the dialogue shows that somebody talks, what to do is said.
const tickLine = (now) => {
  const line = one("[data-line]");
  const shown = one("[data-since]");
  if (!line || !shown) return;
  const began = talks.get(attempt()) ?? Date.parse(shown.dataset.since);
  const text = talks.has(attempt()) ? say("通话中") : line.dataset.before;
  if (line.textContent !== text) line.textContent = text;
  const passed = seconds(began, now);
  shown.textContent = minutesSeconds(passed);
  const minutes = Math.floor(passed / 60);
  if (talks.has(attempt()) && minutes > 0 && passed % 60 === 0) speak(say("通话 {0} 分钟", minutes));
};

// Writing down has a usual time. When it is over that is said; nothing is ever entered by itself.
const tickWrapUp = (now) => {
  const shown = one("[data-wrap-up-shown]");
  if (!shown || !strip().dataset.hungUp) return;
  const allowed = Number(call().dataset.wrapUp) + (wrapUps.get(attempt()) ?? 0);
  const left = allowed - seconds(Date.parse(strip().dataset.hungUp), now);
  const more = one("#more-time");
  if (more) more.disabled = wrapUps.has(attempt());
  shown.classList.toggle("wrap-up-over", left <= 0);
  const text = left > 0 ? say("小结 {0}", minutesSeconds(left)) : say("小结超时 {0}", minutesSeconds(-left));
  if (shown.textContent !== text) shown.textContent = text;
  if (left <= 0 && !overdue.has(attempt())) {
    overdue.add(attempt());
    speak(say("小结超时，请选择通话结果"));
    beep();
  }
};

const tickLeft = (now) => all("[data-until]").forEach((shown) => {
  const minutes = Math.max(0, Math.floor((Date.parse(shown.dataset.until) - now) / 60000));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor(minutes / 60) % 24;
  const text = days ? say("{0} 天 {1} 小时", days, hours)
    : hours ? say("{0} 小时 {1} 分", hours, minutes % 60) : say("{0} 分", minutes);
  if (shown.textContent !== text) shown.textContent = text;
});

export const tick = () => {
  const now = shopNow()?.getTime();
  if (!now || !call()) return;
  tickLine(now);
  tickWrapUp(now);
  tickLeft(now);
};

export const maskNumber = () => {
  const shown = one("[data-phone]");
  if (!shown) return;
  shown.dataset.whole ??= shown.textContent;
  shown.textContent = remembers("mask") ? shown.dataset.masked : shown.dataset.whole;
};

export const wire = () => {
  document.addEventListener("click", (event) => {
    if (event.target.closest("#more-time")) moreTime();
  });
  setInterval(tick, 1000);
};
