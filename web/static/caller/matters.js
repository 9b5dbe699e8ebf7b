// The matters of one call: which of them is in front, and what was said of each so far.
import { all, attempt, call, one, say, show } from "./ground.js";

let front = "";
let frontOf = null;

export const current = () => {
  if (frontOf !== attempt()) { front = ""; frontOf = attempt(); }
  return front;
};
export const prefixes = () => all(".settle", call()).map((section) => section.dataset.matter);
export const settle = (prefix = current()) => one(`.settle[data-matter="${prefix}"]`);
export const dialogue = (prefix = current()) => one(`.dialogue[data-matter="${prefix}"]`);
export const field = (name, prefix = current()) => one(`#${CSS.escape(prefix + name)}`);
export const chosen = (prefix = current()) => one(".outcome-radio:checked", settle(prefix));

// Nobody was there, or a stranger: the call counts for every matter of it (R-REPEAT-2).
export const coversAll = () => Boolean(chosen("") && "coversAll" in chosen("").dataset);

export const showMatters = () => {
  const shown = current();
  all(".settle").forEach((section) => { section.hidden = section.dataset.matter !== shown; });
  all("[data-of-matter]").forEach((mark) => { mark.hidden = mark.dataset.ofMatter !== shown; });
  all(".dialogue").forEach((section) => { section.hidden = section.dataset.matter !== shown; });
  all("[data-matter-chip]").forEach((chip) => {
    const prefix = chip.dataset.matterChip;
    if (prefixes().length > 1) chip.setAttribute("aria-current", String(prefix === shown));
    const said = one("[data-said]", chip);
    if (!said) return;
    const outcome = chosen(prefix);
    const open = !outcome || "open" in outcome.dataset;
    if (coversAll() && prefix) said.textContent = say("· 一起记");
    else said.textContent = open ? say("· 还没谈") : `· ✓ ${outcome.dataset.label}`;
  });
};

export const TURNED = "waihu:turned";
export const turnTo = (prefix) => {
  current();
  front = prefix;
  showMatters();
  document.dispatchEvent(new Event(TURNED));
};

export const step = (by) => {
  const listed = prefixes();
  if (listed.length < 2) return;
  turnTo(listed[(listed.indexOf(current()) + by + listed.length) % listed.length]);
};

// The first further matter that has no outcome of its own, while there is something to settle.
export const untouched = () => {
  if (coversAll() || !chosen("")) return null;
  return prefixes().find((prefix) => prefix && "open" in (chosen(prefix)?.dataset ?? {})) ?? null;
};

// What is to be known before it is recorded; empty: nothing.
export const sayBefore = (words) => {
  const text = one("#before-saving");
  text.textContent = words;
  show(text, words !== "");
};

export const sayLeftOpen = (prefix) => {
  const name = one(`[data-matter-chip="${prefix}"]`).firstChild.textContent.trim();
  sayBefore(say("“{0}”还没有结果：选一个，或再按一次记录，它留着下次再打。", name));
};
