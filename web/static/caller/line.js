// A call through a line, as it goes on. The strip is drawn by the server; whenever the line tells
// something that changes it, it is fetched anew and put in place, and nothing that was typed is lost.
import { all, attempt, beep, minutesSeconds, one, say, show, speak, strip } from "./ground.js";
import { nobodyThere, pickedUp } from "./hangup.js";
import { putPressed, suggest } from "./outcome.js";
import { walkToNobody } from "./script.js";
import { refreshStrip } from "./sending.js";

const RINGING = ["asking", "ringing_you", "connecting", "ringing"];
const WAITED_FOR = [...RINGING, "talking", "scoring", "unknown"];

let told = { attempt: null, stage: "", score: "", hungUp: "" }; // what was said and done about already
let began = 0; // when the stage shown began, by this page's own clock
let minute = 0;

const stage = () => strip()?.dataset.stage ?? "";

// While something is going on with the line it is asked about more often.
export const isLive = () => WAITED_FOR.includes(stage());

const isRinging = () => RINGING.includes(stage());

// What a key that would leave the call says while the line is at it: nothing else shows it was heard.
export const sayBusy = () => {
  const text = isRinging() ? say("还在响铃，先按 H 挂断")
    : stage() === "scoring" ? say("客户还在按键评分，请等一下") : say("还在通话，先按 H 挂断");
  const hint = one("[data-hint]", strip());
  hint.textContent = text;
  show(hint, true);
  speak(text);
};
export const isBusy = () => (isRinging() || ["talking", "scoring"].includes(stage())) && !strip().dataset.hungUp;

const shownSeconds = (shown) => {
  const passed = Math.floor((performance.now() - began) / 1000);
  const from = Number(shown.dataset.seconds);
  return "left" in shown.dataset ? Math.max(0, from - passed) : from + passed;
};

const tick = () => all("[data-line-time]").forEach((shown) => {
  const seconds = shownSeconds(shown);
  shown.textContent = minutesSeconds(seconds);
  const minutes = Math.floor(seconds / 60);
  if (stage() === "talking" && minutes > minute) speak(say("通话 {0} 分钟", minutes));
  minute = minutes;
});

const words = () => one(".strip-note strong", strip())?.textContent ?? "";

// Said once for each stage, to those who listen and to those who look.
const arrive = (now, isSeen) => {
  if (RINGING.includes(now)) nobodyThere(); // nobody to be polite to: H is lit at once
  if (now === "talking") pickedUp();
  if (now === "over") {
    if (strip().dataset.likely) walkToNobody();
    suggest();
  }
  const heard = [one("[data-line-words], .line-likely")?.textContent ?? "", words()];
  if (now === "over") heard[0] ||= say("通话已结束，请填结果");
  if (!isSeen) return;
  speak(heard.filter(Boolean).join("。"));
  if (["talking", "unknown", "not_taken"].includes(now) || (now === "over" && !told.hungUp)) beep();
};

const takePressed = (score) => {
  if (!score || !putPressed(score)) return;
  const mark = one("[data-keypad]");
  one("[data-keypad-score]", mark).textContent = score;
  show(mark, true);
  show(one("[data-keypad-why]"), true);
};

export const ready = () => {
  if (!strip()) return;
  began = performance.now();
  const isSeen = told.attempt === attempt();
  const now = stage();
  if (!isSeen || told.stage !== now) { minute = 0; arrive(now, isSeen); }
  const score = one("[data-pressed]")?.dataset.pressed ?? "";
  if (score !== (isSeen ? told.score : "")) takePressed(score);
  told = { attempt: attempt(), stage: now, score, hungUp: strip().dataset.hungUp };
  tick();
};

// What a poll told. A strip in which somebody is writing why they skip is left until that is done.
export const follow = async (seen) => {
  if (!strip() || one(".skip-menu[open]")) return;
  if ((seen?.key ?? "") !== strip().dataset.lineKey) await refreshStrip();
};

export const wire = () => {
  document.addEventListener("submit", (event) => {
    if (!("byLine" in event.target.dataset)) return;
    const text = say("正在请线路接通");
    one(".phone-state").textContent = text; // the line itself may take some seconds to answer
    speak(text);
  });
  setInterval(tick, 1000);
};
