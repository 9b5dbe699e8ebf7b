// Choosing what came of the call: what must be filled in with it, the moment to undo, asking once more.
import { all, call, focusOn, one, say, show, speak, strip } from "./ground.js";
import { clearWish } from "./callback.js";
import { nobodyThere } from "./hangup.js";
import * as matters from "./matters.js";
import * as score from "./score.js";
import { submitOutcome } from "./sending.js";

const UNDO_SECONDS = 3;

let undoTimer = null;
let undoThen = null; // what follows once it is recorded: the next customer
let callbackWanted = new Set(); // matters for which a time was asked for with B, whatever the outcome
let leaveOpen = false; // the caller was told that a matter stays open, and went on
let byWalk = null; // the outcome that the dialogue chose last, not the caller
let isSure = false; // a refusal was asked once more: the next Enter records it

const has = (flag, prefix) => Boolean(matters.chosen(prefix) && flag in matters.chosen(prefix).dataset);
const radio = (code, prefix = matters.current()) => one(`#${CSS.escape(`${prefix}o-${code}`)}`);

export const freshCall = () => {
  stopUndo();
  callbackWanted = new Set();
  leaveOpen = false;
  isSure = false;
};

// A problem was typed for a case, and now an outcome is chosen that opens none.
const losesCase = (prefix = matters.current()) => "hadCase" in matters.settle(prefix).dataset
  && !has("case", prefix) && matters.field("note", prefix).value.trim() !== "";

// The fields that belong to the outcome are there, the others are not in the way.
export const fit = () => {
  for (const prefix of matters.prefixes()) {
    const section = matters.settle(prefix);
    const part = (name) => one(`[data-part="${name}"]`, section);
    show(part("phone"), has("phoneNeeded", prefix));
    matters.field("new-phone", prefix).required = has("phoneNeeded", prefix);
    show(part("case"), has("case", prefix));
    const kind = matters.field("case-kind", prefix);
    if (has("case", prefix)) { if (!kind.value) kind.value = matters.chosen(prefix).dataset.case; }
    else kind.value = "";
    const wantsTime = has("callback", prefix) || callbackWanted.has(prefix);
    if (!wantsTime) clearWish(prefix);
    show(part("callback"), wantsTime);
    matters.field("note", prefix).required = has("noteNeeded", prefix);
    if (has("case", prefix)) section.dataset.hadCase = "";
    show(one("[data-case-lost]", section), losesCase(prefix));
    const label = one("[data-note-label]", section);
    label.textContent = has("case", prefix) ? label.dataset.cause : label.dataset.plain;
    show(one("[data-note-hint]", section), !has("case", prefix));
    score.fit(prefix);
  }
  const asks = asking();
  const text = asks
    ? ("suppresses" in asks.dataset ? say("确认“{0}”，以后不再联系", asks.dataset.label) : say("确认“{0}”", asks.dataset.label))
    : say("记录结果");
  one("[data-save]").textContent = text;
  one("#save").classList.toggle("btn-bad", Boolean(asks));
  matters.showMatters();
  matters.chosen()?.parentElement.scrollIntoView({ block: "nearest" });
};

// A branch of the dialogue offers an outcome: it is chosen, nothing is sent.
export const offer = (codes, scored = "") => {
  const offered = radio(score.offered(codes));
  if (!offered) return;
  stopUndo();
  byWalk = offered;
  offered.checked = true;
  if (scored) score.put(scored);
  takeBack();
  fit();
};

// The outcome that the line's word for the end suggests: chosen where the caller has chosen none, not
// sent. The strip says which.
export const suggest = () => {
  const code = strip().dataset.likely;
  const suggested = code && radio(code, "");
  const chosen = matters.chosen("");
  if (!suggested || chosen === suggested || (chosen && chosen !== byWalk)) return;
  suggested.checked = true;
  takeBack();
  fit();
};

// R-SMP-4. The score that the customer pressed, put in its place and not sent.
export const putPressed = (value) => {
  if (!score.radio(value, "")) return false;
  stopUndo();
  score.lock(value, "");
  score.put(value, "");
  takeBack();
  fit();
  return true;
};

export const choose = (picked) => {
  stopUndo();
  byWalk = null;
  picked.checked = true;
  takeBack();
  fit();
  if (!("reached" in picked.dataset) && !("open" in picked.dataset)) nobodyThere();
  const isTalking = strip().dataset.dialled && !strip().dataset.hungUp && "reached" in picked.dataset;
  if ("phoneNeeded" in picked.dataset) focusOn(matters.field("new-phone"));
  else if ("noteNeeded" in picked.dataset) focusOn(matters.field("note"));
  else if ("callback" in picked.dataset) focusOn(matters.field("callback-at"));
  else if ("scoreNeeded" in picked.dataset && !score.picked()) focusOn(score.radio(5));
  else if (isSoft(picked) && !isTalking && isComplete() && !losesCase()) startUndo(score.inWords(picked));
  else focusOn(one("#save"));
};

// R-SMP-4. A score by one key or a click: its outcome, its question in the dialogue, its field.
export const SCORED = "waihu:scored";
export const chooseScore = (value) => {
  stopUndo();
  const locked = score.pressed();
  if (locked && locked !== value) { speak(say("客户按了 {0} 分，不能改", locked)); return true; }
  if (!score.put(value)) return false;
  document.dispatchEvent(new CustomEvent(SCORED, { detail: value }));
  const outcome = score.put(value); // the dialogue may have offered another one
  takeBack();
  fit();
  const isTalking = strip().dataset.dialled && !strip().dataset.hungUp;
  if ("noteNeeded" in outcome.dataset && !matters.field("note").value.trim()) focusOn(matters.field("note"));
  else if (!isTalking && isSoft(outcome) && isComplete() && !losesCase()) startUndo(score.inWords(outcome));
  else focusOn(score.follow());
  return true;
};

// Says that somebody was spoken to, while the line knows that nobody answered. The line is evidence, the
// caller decides: it is asked once more.
const isDoubted = (it) => "reached" in it.dataset && "unanswered" in strip().dataset;
const isAsked = (it) => "asks" in it.dataset || isDoubted(it);
const isSoft = (it) => "soft" in it.dataset && !isDoubted(it);

// Whether the form could go as it is: everything needed is there, no matter is left without a word.
const isComplete = () => one("#outcome").checkValidity() && matters.untouched() === null;

export const chooseByKey = (key) => {
  if (/^[1-5]$/.test(key) && score.radio(key)) return chooseScore(key);
  const picked = one(`.outcome-radio[data-key="${CSS.escape(key)}"]`, matters.settle())
    ?? matters.settle("")?.querySelector(`.outcome-radio[data-covers-all][data-key="${CSS.escape(key)}"]`);
  if (!picked) return false;
  if (!picked.closest(".settle").dataset.matter && matters.current()) matters.turnTo("");
  choose(picked);
  return true;
};

export const isUndoing = () => undoTimer !== null;

export const stopUndo = () => {
  clearInterval(undoTimer);
  undoTimer = null;
  undoThen = null;
  show(one("#undo"), false);
};

const startUndo = (label) => {
  let left = UNDO_SECONDS;
  const write = () => { one("[data-undo-text]").textContent = say("{0} 秒后记录：{1}", left, label); };
  write();
  speak(say("{0}：3 秒后自动记录，按 Z 撤销", label));
  show(one("#undo"), true);
  undoTimer = setInterval(() => {
    left -= 1;
    if (left > 0) write();
    else sendNow();
  }, 1000);
};

// Sends at once; `next`: and then the next customer is taken.
export const sendNow = (next = false) => {
  const then = next ? "next" : undoThen;
  stopUndo();
  record(then);
};

// Leaving the page in the moment to undo: what was chosen is not lost.
export const sendOnLeaving = () => {
  if (!isUndoing()) return;
  stopUndo();
  submitOutcome({ leaving: true });
};

export const record = (then = null) => {
  const form = one("#outcome");
  if (!form || !score.isWhole() || !form.reportValidity()) return;
  const open = matters.untouched();
  if (open !== null && !leaveOpen) {
    leaveOpen = true;
    matters.turnTo(open);
    matters.sayLeftOpen(open);
    return;
  }
  const asks = asking();
  if (asks && !isSure) {
    isSure = true;
    matters.sayBefore(question(asks));
    focusOn(one("#save"));
    return;
  }
  submitOutcome({ then });
};

const question = (it) => {
  const doubt = isDoubted(it) ? say("线路显示客户没有接听，“{0}”会算接通。", it.dataset.label) : "";
  const sure = "suppresses" in it.dataset ? say("确定？这位客户以后不再联系。再按一次 Enter 确认，Esc 返回。")
    : say("确定是“{0}”？再按一次 Enter 确认，Esc 返回。", it.dataset.label);
  return [doubt, sure].filter(Boolean).join(" ");
};

// The chosen outcome that is asked once more, of whichever matter; what ends all contact comes first.
const asking = () => {
  const asked = matters.prefixes().map((prefix) => matters.chosen(prefix)).filter((it) => it && isAsked(it));
  return asked.find((it) => "suppresses" in it.dataset) ?? asked[0];
};

// What was asked before recording is asked anew.
const takeBack = () => {
  leaveOpen = false;
  isSure = false;
  matters.sayBefore("");
};

// Esc: back from the question; true if there was one.
export const unask = () => {
  if (!isSure) return false;
  takeBack();
  return true;
};

export const wantCallback = () => {
  if (!matters.chosen() || "open" in matters.chosen().dataset) offer(["busy"]);
  callbackWanted.add(matters.current());
  fit();
  focusOn(matters.field("callback-at"));
};

// Enter where nothing is to be pressed: the outcome that the walk offered. While the call goes on,
// and for one that is asked twice, it is only made ready: a second Enter records it.
export const confirmOffered = () => {
  if (!matters.chosen("")) return false;
  const asks = all(".outcome-radio:checked", call()).some(isAsked);
  const isTalking = strip().dataset.dialled && !strip().dataset.hungUp;
  if (strip().dataset.hungUp && !asks && !isTalking) record();
  else focusOn(one("#save"));
  return true;
};

export const wire = () => {
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "outcome") return;
    event.preventDefault();
    const then = undoThen;
    stopUndo();
    record(then);
  }, true);
  document.addEventListener("change", (event) => {
    if (!event.target.matches(".outcome-radio, .score-radio")) return;
    stopUndo();
    byWalk = null;
    if (event.target.matches(".score-radio")) score.put(event.target.value);
    takeBack();
    fit();
  });
  // A click of the mouse, not one that arrow keys make among radio buttons.
  document.addEventListener("click", (event) => {
    if (event.detail > 0 && event.target.matches(".outcome-radio")) choose(event.target);
    if (event.detail > 0 && event.target.matches(".score-radio")) chooseScore(event.target.value);
    if (event.target.closest("[data-undo]")) stopUndo();
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches(".settle textarea")) fit();
  });
  document.addEventListener("focusin", (event) => {
    if (isUndoing() && event.target.matches("textarea, select, input:not([type=radio])")) stopUndo();
  });
  window.addEventListener("pagehide", sendOnLeaving);
};
