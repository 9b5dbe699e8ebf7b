// The caller's screen. The server decides everything; without these files the page works by clicks.
import { all, call, CHANGED, one } from "./ground.js";
import * as callback from "./callback.js";
import * as dialogs from "./dialogs.js";
import { NEXT_IS_READY } from "./escalations.js";
import * as hangup from "./hangup.js";
import * as keys from "./keys.js";
import * as lease from "./lease.js";
import * as line from "./line.js";
import * as matters from "./matters.js";
import * as outcome from "./outcome.js";
import * as queue from "./queue.js";
import * as score from "./score.js";
import * as script from "./script.js";
import * as sending from "./sending.js";
import * as tabs from "./tabs.js";
import * as timers from "./timers.js";

let shown = null;

const ready = () => {
  all("[data-needs-script]").forEach((element) => { element.hidden = false; });
  queue.ready();
  const attempt = call()?.dataset.attempt ?? null;
  const isNew = attempt !== shown;
  if (isNew) outcome.freshCall();
  shown = attempt;
  if (!call()) return;
  one("#outcome").noValidate = true; // outcome.js asks, and says it beside the field
  if (isNew) script.resume();
  matters.showMatters();
  if (!script.openTalk()) script.showWalk(false);
  outcome.fit();
  matters.prefixes().forEach(callback.fitShortcuts);
  timers.maskNumber();
  timers.tick();
  line.ready();
  hangup.tick();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go]");
  if (link) { event.preventDefault(); script.go(link.dataset.go); return; }
  if (event.target.closest("[data-step-back]")) { script.stepBack(); return; }
  const chip = event.target.closest("[data-matter-chip]");
  if (chip) { event.preventDefault(); matters.turnTo(chip.dataset.matterChip); }
});
document.addEventListener("toggle", (event) => {
  if (event.target.matches(".skip-menu[open]")) one("button", event.target).focus();
}, true);
document.addEventListener(matters.TURNED, () => script.showWalk(false));
document.addEventListener(outcome.SCORED, ({ detail }) => script.followScore(detail));
document.addEventListener(CHANGED, ready);
document.addEventListener(NEXT_IS_READY, sending.takeNext);
// Back in the browser: what is shown may be long over, so it is fetched as by F5.
window.addEventListener("pageshow", (event) => {
  const [way] = performance.getEntriesByType("navigation");
  if (event.persisted || way?.type === "back_forward") location.replace(one("#desk").dataset.here);
});
for (const part of [callback, dialogs, hangup, keys, lease, line, outcome, queue, score, sending, tabs, timers]) part.wire();
ready();
