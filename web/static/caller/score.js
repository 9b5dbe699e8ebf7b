// R-SMP-4, R-SMP-5, R-SMP-8. The score of a sampling call: which outcome it belongs to, its follow-up
// question, what counts by rule, and until when an answer may be promised.
import { all, one, say, show } from "./ground.js";
import * as matters from "./matters.js";
import { ask } from "./sending.js";

const PROMISE_OLD_MS = 20_000;
const NEEDS_REASON = ["1", "2"];

let promisedAt = 0; // when the promise on the screen was asked for

const part = (name, prefix) => one(`[data-part="${name}"]`, matters.settle(prefix));
const radios = (prefix) => all(".score-radio", matters.settle(prefix));
export const picked = (prefix = matters.current()) => radios(prefix).find((it) => it.checked) ?? null;
export const radio = (score, prefix = matters.current()) => radios(prefix).find((it) => it.value === String(score)) ?? null;
const takes = (outcome) => Boolean(outcome && "takesScore" in outcome.dataset);

// A score belongs to the chosen outcome where that takes one, else to the one that needs one.
const outcomeFor = (prefix) => {
  const chosen = matters.chosen(prefix);
  return takes(chosen) ? chosen : one("[data-score-needed]", matters.settle(prefix));
};

// What the customer pressed: then the other scores are locked, by the page or by the server.
export const pressed = (prefix = matters.current()) => {
  const open = radios(prefix).filter((it) => !it.disabled);
  return open.length === 1 ? open[0].value : "";
};

export const lock = (score, prefix) => radios(prefix).forEach((it) => { it.disabled = it.value !== String(score); });

export const put = (score, prefix = matters.current()) => {
  const wanted = radio(score, prefix);
  if (!wanted || wanted.disabled) return null;
  const outcome = outcomeFor(prefix);
  outcome.checked = true;
  wanted.checked = true;
  return outcome;
};

// Which of the outcomes that a moment offers: a complaint outranks its score, and a score that was
// given outranks a line that broke afterwards.
export const offered = (codes, prefix = matters.current()) => {
  const chosen = matters.chosen(prefix);
  if (!takes(chosen) || !codes.includes(chosen.value)) return codes[0];
  const first = one(`.outcome-radio[value="${CSS.escape(codes[0])}"]`, matters.settle(prefix));
  const isKept = first && ("scoreNeeded" in first.dataset || (!takes(first) && picked(prefix)));
  return isKept ? chosen.value : codes[0];
};

export const follow = (prefix = matters.current()) => {
  const score = picked(prefix)?.value;
  if (!score) return null;
  return matters.field(NEEDS_REASON.includes(score) ? "reason" : "suggestion", prefix);
};

const write = (element, words) => {
  if (element.textContent !== words) element.textContent = words;
  show(element, words !== "");
};

export const sayFault = (field, words, prefix = matters.current()) => {
  const place = one(`[data-fault-of="${CSS.escape(prefix + field)}"]`);
  if (!place) return false;
  write(place, words);
  const inputs = field === "score" ? radios(prefix) : [matters.field(field, prefix)];
  for (const input of inputs) {
    if (words) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  return true;
};

const byRule = (outcome) => {
  if (outcome?.dataset.keptScore) return say("之前评过 {0} 分，还算那个分。", outcome.dataset.keptScore);
  return outcome?.dataset.ruleScore ? say("按规定记 {0} 分（R-SMP-8）", outcome.dataset.ruleScore) : "";
};

// What is said with an outcome in the moment to undo.
export const inWords = (outcome, prefix = matters.current()) => {
  const score = takes(outcome) ? picked(prefix) : null;
  if (score) return say("{0} {1} 分", outcome.dataset.label, score.value);
  return outcome.dataset.ruleScore ? say("{0}，按规定记 {1} 分", outcome.dataset.label, outcome.dataset.ruleScore) : outcome.dataset.label;
};

export const fit = (prefix) => {
  if (!part("score", prefix)) return;
  const outcome = matters.chosen(prefix);
  if (!takes(outcome)) radios(prefix).forEach((it) => { it.checked = false; });
  else if (pressed(prefix)) radio(pressed(prefix), prefix).checked = true;
  const score = picked(prefix)?.value ?? "";
  const isLow = NEEDS_REASON.includes(score);
  radios(prefix).forEach((it) => { it.required = Boolean(outcome && "scoreNeeded" in outcome.dataset); });
  show(part("suggestion", prefix), score !== "" && !isLow);
  show(part("reason", prefix), isLow);
  matters.field("reason", prefix).required = isLow && !("noteNeeded" in outcome.dataset);
  const label = one("[data-follow-label]", part("suggestion", prefix));
  if (label.dataset[score]) label.textContent = label.dataset[score];
  if (score) sayFault("score", "", prefix);
  if (!isLow || matters.field("reason", prefix).value.trim()) sayFault("reason", "", prefix);
  write(one("[data-by-rule-said]", matters.settle(prefix)), byRule(outcome));
  const isPromised = Boolean(outcome && "escalates" in outcome.dataset);
  show(part("promise", prefix), isPromised);
  show(one("[data-case-due]", matters.settle(prefix)), !isPromised);
  if (isPromised) refreshPromise(prefix);
};

// The half hour begins when it is recorded: what is read aloud is as of now.
const refreshPromise = async (prefix) => {
  const shown = part("promise", prefix);
  if (performance.now() - promisedAt < PROMISE_OLD_MS) return;
  promisedAt = performance.now();
  try {
    const answer = await ask(shown.dataset.url);
    if (answer.ok && !answer.redirected) shown.innerHTML = await answer.text();
  } catch {
    // the network is gone: what was promised stands, it is the earlier time
  }
};

// What is missing is said beside its field; true where nothing is.
export const isWhole = () => {
  for (const prefix of matters.prefixes()) {
    if (!part("score", prefix)) continue;
    if (radios(prefix).some((it) => it.required) && !picked(prefix)) {
      sayFault("score", say("请选择 1 到 5 分"), prefix);
      radios(prefix)[0].focus();
      return false;
    }
    const reason = matters.field("reason", prefix);
    if (reason.required && !reason.value.trim()) {
      sayFault("reason", say("1 分和 2 分要写明客户说的原因"), prefix);
      reason.focus();
      return false;
    }
  }
  return true;
};

export const wire = () => {
  setInterval(() => {
    const shown = one('.settle:not([hidden]) [data-part="promise"]:not([hidden])');
    if (shown) refreshPromise(shown.closest(".settle").dataset.matter);
  }, PROMISE_OLD_MS / 4);
};
