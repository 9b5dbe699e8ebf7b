// Between two customers: the next one by itself where that is wanted, and an empty queue that is asked
// again until somebody is due.
import { all, bar, idle, one, remember, remembers, say, setClock, shopNow, show } from "./ground.js";
import { ask, RECORDED, takeNext } from "./sending.js";
import { isLooking } from "./tabs.js";

const AUTO_SECONDS = 5;
const REFRESH_MS = 20_000;
const PRESENT_MS = 5 * 60_000;

let auto = null; // counts down to the next customer
let isWaiting = false; // N was pressed and nobody was due
let lastSeen = performance.now(); // when the person at the desk last moved something
let refreshedAt = performance.now();

export const isCounting = () => auto !== null || isWaiting;

export const stop = () => {
  clearInterval(auto);
  auto = null;
  isWaiting = false;
  show(one("#waiting"), false);
};

const write = (text) => {
  const line = one("#waiting");
  if (!line) return;
  if (line.firstChild?.textContent !== text) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-plain";
    button.append(`${say("停")} `, Object.assign(document.createElement("kbd"), { textContent: "Esc" }));
    button.addEventListener("click", stop);
    line.replaceChildren(document.createTextNode(text), button);
  }
  show(line, true);
};

const startAuto = () => {
  let left = AUTO_SECONDS;
  write(say("{0} 秒后取下一位", left));
  auto = setInterval(() => {
    left -= 1;
    if (left > 0) { write(say("{0} 秒后取下一位", left)); return; }
    stop();
    takeNext();
  }, 1000);
};

const due = () => one("[data-next-due]")?.dataset.nextDue;

// Somebody is due. Nobody is handed out to an empty chair: then it is only said.
const pickUp = () => {
  const isThere = document.visibilityState === "visible" && performance.now() - lastSeen < PRESENT_MS;
  if (isWaiting && isThere && !one("dialog[open]")) { stop(); takeNext(); return; }
  const heading = one("#call-title");
  const text = say("到时间了，有客户可以拨打");
  if (heading.textContent !== text) heading.textContent = text;
  show(one("#waiting"), false);
};

const refresh = async () => {
  refreshedAt = performance.now();
  try {
    const answer = await ask(idle().dataset.queueUrl);
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok || !one("#queue-why")) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    all("[data-part]", page).forEach((part) => one(`#${part.dataset.part}`).replaceChildren(...part.childNodes));
    bar("#banner", "");
    readClock();
  } catch {
    bar("#banner", say("网络断了，连上后继续。"), { soft: true });
  }
};

const readClock = () => {
  const shown = one("[data-shop-now]");
  if (shown) setClock(shown.dataset.shopNow, Number(shown.dataset.speed));
};

const tick = async () => {
  if (!idle() || isLooking() || !one("#queue-why")) return;
  const at = due();
  const isDue = at && shopNow() && shopNow().getTime() >= Date.parse(at);
  if (performance.now() - refreshedAt > (isDue ? 1500 : REFRESH_MS)) await refresh();
  if (!idle()) return;
  if (due() && shopNow().getTime() >= Date.parse(due())) pickUp();
  else if (isWaiting) write(say("到时间会自动取下一位。"));
};

// The screen shows nobody: after N with an empty queue the page waits.
export const ready = () => {
  clearInterval(auto);
  auto = null;
  const box = one("#auto-next");
  if (box) box.checked = remembers("auto-next");
  isWaiting = Boolean(idle() && one("#queue-why"));
  if (isWaiting) { refreshedAt = performance.now(); readClock(); }
};

export const wire = () => {
  for (const moved of ["keydown", "pointermove", "pointerdown"]) {
    document.addEventListener(moved, () => { lastSeen = performance.now(); }, { passive: true });
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("#auto-next")) remember("auto-next", event.target.checked);
  });
  document.addEventListener(RECORDED, ({ detail }) => {
    if (!idle()) return;
    if (detail === "next") takeNext();
    else if (remembers("auto-next")) startAuto();
  });
  setInterval(tick, 1000);
};
