// Two windows of one caller: the one that was opened first works, the second only looks, until it is
// told to go on there. The server is safe either way; this keeps a person from typing into the wrong one.
import { bar, one, say } from "./ground.js";

const ANSWER_MS = 300;

let channel = null;
let isWorking = false;

const look = () => {
  isWorking = false;
  one("#desk").inert = true;
  document.body.classList.add("looking");
  bar("#banner", say("您在另一个窗口里拨打，这个窗口只能看。"), {
    button: { text: say("在这里继续"), press: takeOver },
  });
};

// The screen may be old by now: it is fetched anew, and then it is the one that works.
const takeOver = () => {
  channel.postMessage("mine");
  location.assign(one("#desk").dataset.here);
};

const work = () => {
  isWorking = true;
  channel.postMessage("working");
};

export const isLooking = () => one("#desk").inert;

export const wire = () => {
  if (!window.BroadcastChannel) return;
  channel = new BroadcastChannel(`waihu-caller-${one("#desk").dataset.person}`);
  const settled = setTimeout(work, ANSWER_MS);
  channel.addEventListener("message", ({ data }) => {
    if (data === "who" && isWorking) channel.postMessage("taken");
    else if (data === "taken" && !isWorking && !isLooking()) { clearTimeout(settled); look(); }
    else if (data === "mine" && isWorking) look();
    else if (data === "working" && isWorking) look(); // two at once: the later one works
    else if (data === "closed" && isLooking()) location.assign(one("#desk").dataset.here);
  });
  window.addEventListener("pagehide", () => { if (isWorking) channel.postMessage("closed"); });
  // After "mine" and a reload this window is the only one that works.
  channel.postMessage("who");
};
