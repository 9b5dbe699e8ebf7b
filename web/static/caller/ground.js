// What every part of the caller's screen stands on: finding elements, words, the shop's clock, what
// the browser remembers (choices only, never a customer), the polite voice and the optional sound.

export const { one, all, say } = window.waihu;

export const call = () => one("#call");
export const idle = () => one("#idle");
export const attempt = () => (call() ? call().dataset.attempt : null);
export const strip = () => one("#strip");

// The shop's time: each poll of the server sets it anew, for a training shop's clock can be moved.
let clock = null;
export const setClock = (text, speed) => {
  clock = { at: Date.parse(text), since: performance.now(), speed };
};
export const shopNow = () => {
  if (!clock) return window.waihu.shopNow();
  return new Date(clock.at + (performance.now() - clock.since) * clock.speed);
};

export const remembers = (name) => localStorage.getItem(`waihu-${name}`) === "1";
export const remember = (name, on) => {
  if (on) localStorage.setItem(`waihu-${name}`, "1");
  else localStorage.removeItem(`waihu-${name}`);
};

// Said to those who listen instead of looking; the same text twice is said once.
export const speak = (text) => {
  const voice = one("#spoken");
  if (voice && voice.textContent !== text) voice.textContent = text;
};

export const beep = () => {
  if (!remembers("sound") || !window.AudioContext) return;
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.value = 0.08;
  tone.frequency.value = 660;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.18);
  tone.addEventListener("ended", () => audio.close());
};

export const two = (number) => String(number).padStart(2, "0");
export const minutesSeconds = (seconds) => `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;

export const show = (element, visible) => {
  if (element) element.hidden = !visible;
};

// A bar across the page: what it says, how serious it is, and what can be done about it.
export const bar = (selector, text, { soft = false, button = null } = {}) => {
  const element = one(selector);
  if (!element || element.dataset.text === text) return;
  element.dataset.text = text;
  element.classList.toggle("alarm-soft", soft);
  element.replaceChildren(document.createTextNode(text));
  if (button) {
    const pressed = document.createElement("button");
    pressed.type = "button";
    pressed.className = "btn btn-plain";
    pressed.textContent = button.text;
    pressed.addEventListener("click", button.press);
    element.append(pressed);
  }
  element.hidden = !text;
};

export const focusOn = (element) => {
  if (!element) return;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
};

// Whoever changes the screen tells the others by this name.
export const CHANGED = "waihu:changed";
export const changed = () => document.dispatchEvent(new Event(CHANGED));
