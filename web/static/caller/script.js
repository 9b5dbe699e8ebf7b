// Walking the dialogue: one moment at a time, the way back, the outcome that a branch offers.
import { all, attempt, call, one, speak, strip } from "./ground.js";
import * as matters from "./matters.js";
import { offer } from "./outcome.js";
import { nobodyThere, sayGoodbye } from "./hangup.js";
import { answered } from "./timers.js";

const walks = new Map(); // attempt and matter -> the moments walked
const opened = new Set(); // attempts whose opening was shown by itself

const key = (prefix = matters.current()) => `${attempt()}:${prefix}`;
const first = (prefix) => matters.dialogue(prefix).dataset.start;
const walk = (prefix = matters.current()) => {
  if (!walks.has(key(prefix))) walks.set(key(prefix), [first(prefix)]);
  return walks.get(key(prefix));
};
const moment = (name, prefix = matters.current()) => one(`#${CSS.escape(`${prefix}m-${name}`)}`);

export const showWalk = (focus) => {
  const here = matters.dialogue();
  if (!here) return;
  call().classList.add("walking");
  const path = walk();
  const current = path[path.length - 1];
  all(".moment", here).forEach((one_) => { one_.hidden = one_.dataset.moment !== current; });
  one("[data-step-back]", here).disabled = path.length < 2;
  one(".path", here).replaceChildren(...path.map((name, index) => {
    const item = document.createElement("li");
    const title = one("[data-title]", moment(name)).textContent;
    if (index === path.length - 1) {
      item.textContent = title;
      item.setAttribute("aria-current", "step");
    } else {
      const back = document.createElement("button");
      back.type = "button";
      back.textContent = title;
      back.addEventListener("click", () => goBackTo(index));
      item.append(back);
    }
    return item;
  }));
  keep();
  if (focus) arrive(moment(current));
};

// The path goes with the outcome; kept in the window it also survives a reload in mid-call. It names
// the dialogue's moments and no person.
const KEPT = "waihu-walk";
const keep = () => {
  one("#outcome [name=path]").value = walk("").join(" ");
  const paths = matters.prefixes().filter((prefix) => walks.has(key(prefix))).map((prefix) => [prefix, walk(prefix)]);
  sessionStorage.setItem(KEPT, JSON.stringify({ attempt: attempt(), paths }));
};

const kept = () => {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {}; // not ours: the dialogue begins anew
  }
};

// After a reload: the same place in the dialogue, and what its way had offered.
export const resume = () => {
  const found = kept();
  if (found.attempt !== attempt() || walks.has(key(""))) return;
  for (const [prefix, path] of found.paths) {
    if (!matters.prefixes().includes(prefix) || path.some((name) => !moment(name, prefix))) continue;
    walks.set(key(prefix), path);
    matters.turnTo(prefix);
    path.slice(1).forEach((name) => offerOf(moment(name, prefix)));
  }
  matters.turnTo("");
  if (strip().dataset.dialled) opened.add(attempt());
};

// R-SMP-4. A score was entered: its question comes next where the dialogue has it here.
export const followScore = (score) => {
  const here = one(".moment:not([hidden])", matters.dialogue());
  const links = all(".branches a", here);
  const link = links.find((it) => moment(it.dataset.go)?.dataset.score === score);
  if (link) go(link.dataset.go);
};

const isTyping = () => document.activeElement?.matches("textarea, select, input:not([type=radio])");

const arrive = (shown) => {
  if (!isTyping()) one("h2", shown).focus({ preventScroll: true });
  shown.closest(".moments").scrollTop = 0;
  if (shown.getBoundingClientRect().top < 0) shown.scrollIntoView();
  offerOf(shown);
  const isSpoken = shown.classList.contains("moment-voice");
  if (!("last" in shown.dataset)) return;
  if (!isSpoken) nobodyThere(); // a note at the end says that nobody is on the line
  else if (isLastMatter()) sayGoodbye();
};

const offerOf = (shown) => {
  const codes = shown.dataset.buttons.split(" ").filter(Boolean);
  if (codes.length) offer(codes, shown.dataset.score);
};

const isLastMatter = () => matters.prefixes().length === 1 || matters.untouched() === null;

export const go = (name) => {
  if (!moment(name)) return;
  if (walk().length > 1) answered();
  walk().push(name);
  showWalk(true);
};

const goBackTo = (index) => {
  walks.set(key(), walk().slice(0, index + 1));
  showWalk(true);
};

export const stepBack = () => {
  if (walk().length > 1) goBackTo(walk().length - 2);
};

// Dialled: what is to be read before dialling gives way to the first sentence.
export const openTalk = () => {
  const { dialled, hungUp } = strip().dataset;
  if (!dialled || hungUp || opened.has(attempt())) return false;
  opened.add(attempt());
  const start = moment(first(""), "");
  const opening = one("[data-go]", start);
  if (walk("").length > 1 || !start.classList.contains("moment-note") || !opening) return false;
  matters.turnTo("");
  go(opening.dataset.go);
  speak("");
  return true;
};

// The line says that nobody was reached: the opening, which nobody heard, gives way to what is to be
// known then. Whoever has walked on stays where they are; the outcome is suggested by the line.
const NOBODY = "not_through";
export const walkToNobody = () => {
  const path = walk("");
  const start = moment(first(""), "");
  if (path.length > 2 || path.includes(NOBODY) || !one(`[data-go="${NOBODY}"]`, start) || !moment(NOBODY, "")) return;
  walks.set(key(""), [path[0], NOBODY]);
  showWalk(false);
};

export const stepBranch = (by) => {
  const links = all(".moment:not([hidden]) .branches a", matters.dialogue());
  if (!links.length) return false;
  const at = links.indexOf(document.activeElement);
  const from = at < 0 && by < 0 ? 0 : at;
  links[(from + by + links.length) % links.length].focus();
  return true;
};
