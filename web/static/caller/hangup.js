// Hanging up: the customer first (R-ETQ-1). After the goodbye five seconds are counted, then H lights
// up; before that it takes a second of holding. Where nobody is on the line it is lit at once.
import { attempt, beep, one, say, speak } from "./ground.js";
import { answered } from "./timers.js";

const GOODBYE_MS = 5000;
const HOLD_MS = 1000;

let goodbye = null; // { attempt, until }
let lit = null; // the attempt whose H is lit
let hold = null;

const button = () => one("#hang-up");
const isLit = () => lit !== null && lit === attempt();

export const sayGoodbye = () => {
  answered();
  closingReached();
};

const closingReached = () => {
  if (!button() || isLit() || goodbye?.attempt === attempt()) return;
  goodbye = { attempt: attempt(), until: performance.now() + GOODBYE_MS };
  speak(say("让客户先挂"));
  tick();
};

export const nobodyThere = () => {
  if (!button()) return;
  goodbye = null;
  lit = attempt();
  tick();
};

// The customer is on the line from now on: they hang up first.
export const pickedUp = () => {
  if (isLit()) lit = null;
  goodbye = null;
  tick();
};

export const tick = () => {
  const shown = button();
  if (!shown) return;
  if (goodbye?.attempt === attempt() && performance.now() >= goodbye.until) {
    goodbye = null;
    lit = attempt();
    speak(say("可以挂断了"));
    beep();
  }
  const left = goodbye?.attempt === attempt() ? Math.ceil((goodbye.until - performance.now()) / 1000) : 0;
  const text = left > 0 ? say("让客户先挂 {0}", left) : say("挂断");
  const label = one("[data-hang-up]", shown);
  if (label.textContent !== text) label.textContent = text;
  shown.classList.toggle("dim", !isLit());
  shown.title = isLit() ? "" : say("亮起之前要按住 1 秒");
  const bye = one("#goodbye");
  if (bye) bye.disabled = isLit() || left > 0;
};

const put = () => {
  release();
  if (button()) button().form.requestSubmit();
};

// Pressed before it is lit: the goodbye begins, and a second of holding hangs up all the same.
export const press = () => {
  if (!button() || hold) return;
  if (isLit()) { put(); return; }
  closingReached();
  button().classList.add("holding");
  hold = setTimeout(put, HOLD_MS);
};

export const release = () => {
  clearTimeout(hold);
  hold = null;
  if (button()) button().classList.remove("holding");
};

export const wire = () => {
  document.addEventListener("click", (event) => {
    if (event.target.closest("#goodbye")) sayGoodbye();
    if (!event.target.closest("#hang-up") || isLit()) return;
    event.preventDefault(); // a short press, or one of Enter: the goodbye first
    closingReached();
  }, true);
  document.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.target.closest("#hang-up") && !isLit()) press();
  });
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
  window.addEventListener("blur", release);
  setInterval(tick, 200);
};
