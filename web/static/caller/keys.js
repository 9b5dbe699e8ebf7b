// One key for each thing. Keys are dead inside fields and with Ctrl, Alt or Cmd, and can be switched
// off (WCAG 2.1.4); Esc, and Enter on what has the focus, always work.
import { all, call, idle, one, remember, remembers, say, speak } from "./ground.js";
import * as dialogs from "./dialogs.js";
import * as hangup from "./hangup.js";
import * as lease from "./lease.js";
import * as line from "./line.js";
import * as matters from "./matters.js";
import * as outcome from "./outcome.js";
import * as queue from "./queue.js";
import * as script from "./script.js";
import { takeNext } from "./sending.js";
import { isLooking } from "./tabs.js";
import { maskNumber, moreTime } from "./timers.js";

const typing = (target) => target.matches("textarea, select, [contenteditable]")
  || (target.matches("input") && !target.matches("[type=radio], [type=checkbox]"));

const press = (selector) => {
  const button = one(selector);
  if (button && !button.disabled) button.click();
};

const openSkip = () => {
  const menu = one(".skip-menu");
  if (!menu) return;
  menu.open = true;
  one("button", menu).focus();
};

const next = () => {
  if (lease.isOver()) lease.leave();
  else if (outcome.isUndoing()) outcome.sendNow(true);
  else if (idle()) takeNext();
  else if (line.isBusy()) line.sayBusy();
  else press("#go-on"); // the line does not know: the next customer meanwhile
};

const dial = () => {
  if (line.isBusy()) line.sayBusy();
  else press("#dial");
};

const mask = () => {
  if (!call()) return;
  remember("mask", !remembers("mask"));
  maskNumber();
  speak(remembers("mask") ? say("号码已遮住") : say("号码已显示"));
};

const effects = () => all(".effect-radio", matters.dialogue() ?? document);
const feedback = () => {
  const [first] = effects();
  if (first) (effects().find((it) => it.checked) ?? first).focus();
  else one(".feedback-fields input", matters.dialogue() ?? document)?.focus();
};

const inCall = (act) => () => { if (call()) act(); };
const COMMANDS = {
  n: next,
  d: dial,
  g: inCall(hangup.sayGoodbye),
  h: inCall(hangup.press),
  i: inCall(() => press("#score-by-key")),
  s: openSkip,
  b: inCall(outcome.wantCallback),
  f: inCall(feedback),
  k: dialogs.showCards,
  m: dialogs.showMessage,
  p: mask,
  x: inCall(moreTime),
  z: () => { outcome.stopUndo(); queue.stop(); },
  "/": dialogs.showSearch,
  "?": dialogs.showHelp,
  "[": inCall(() => matters.step(-1)),
  "]": inCall(() => matters.step(1)),
  arrowleft: inCall(script.stepBack),
};

const escape = (event) => {
  if (one("dialog[open]")) return;
  if (lease.isOver()) { lease.leave(); return; }
  if (outcome.isUndoing()) { outcome.stopUndo(); return; }
  if (outcome.unask()) return;
  if (queue.isCounting()) { queue.stop(); return; }
  all(".skip-menu[open]").forEach((menu) => { menu.open = false; });
  if (!typing(event.target)) return;
  event.target.blur();
  if (event.target.closest("#outcome") && matters.chosen("")) one("#save").focus(); // one Enter records
};

// Digits belong to what is in front: reasons to skip, the effect of the goods, else an outcome.
const digit = (key, target) => {
  const menu = one(".skip-menu[open]");
  if (menu) {
    const button = all("button[name=reason]", menu)[Number(key) - 1];
    if (button) button.click();
    return true;
  }
  if (!target.matches(".effect-radio")) return false;
  const effect = effects().find((it) => it.dataset.key === key);
  if (effect) { effect.checked = true; effect.focus(); }
  return Boolean(effect);
};

const enter = (event) => {
  if (lease.isOver()) { event.preventDefault(); lease.leave(); return; }
  if (outcome.isUndoing()) { event.preventDefault(); outcome.sendNow(); return; }
  if (remembers("keys-off") || !call()) return;
  if (event.target.matches(".outcome-radio, .score-radio")) { event.preventDefault(); outcome.record(); return; }
  if (event.target.closest("a, button, summary, input, label")) return;
  if (outcome.confirmOffered()) event.preventDefault();
  else if (line.isBusy()) line.sayBusy();
};

const onKey = (event) => {
  if (event.key === "Escape") { escape(event); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.repeat) {
    // A held Enter presses once, so that it never answers the question it has opened.
    const isHeld = event.key === "Enter" ? !event.target.matches("textarea") : event.key.toLowerCase() === "h" && !typing(event.target);
    if (isHeld) event.preventDefault();
    return;
  }
  if (typing(event.target) || one("dialog[open]") || isLooking()) return;
  if (event.key === "Enter") { enter(event); return; }
  if (remembers("keys-off")) return;
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key.startsWith("Arrow") && event.target.matches("input")) return; // the browser's own
  if (by) {
    if (call() && script.stepBranch(by)) event.preventDefault();
    return;
  }
  const key = event.key.toLowerCase();
  if (/^[1-9]$/.test(key) && digit(key, event.target)) { event.preventDefault(); return; }
  const command = COMMANDS[key];
  if (command) { event.preventDefault(); command(); }
  else if (call() && outcome.chooseByKey(key)) event.preventDefault();
};

export const wire = () => {
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "h") hangup.release(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    button.closest("details").open = false;
    COMMANDS[button.dataset.do]();
  });
};
