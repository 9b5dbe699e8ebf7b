// Every form of the screen is sent from here and its answer put in place, without a page load. What
// cannot be sent now is kept in memory and sent with the same key when the network is back (F26), or
// after signing in again (F25). Nothing is written to the browser's storage: it is personal data.
import { all, attempt, bar, call, changed, one, say, show } from "./ground.js";
import { prefixes, settle } from "./matters.js";
import { askToSignIn } from "./session.js";

const AGAIN_MS = 3000;
export const RECORDED = "waihu:recorded";

let waiting = null; // the outcome that could not be sent yet
let line = Promise.resolve(); // one request after the other, in the order of the keys
let answers = 0; // how many were put in place
const onTheWay = new Set(); // forms that wait for their answer: a double click sends once

export const setToken = (token) => {
  if (!token) return;
  one("meta[name=csrf-token]").content = token;
  all("input[name=csrf_token]").forEach((input) => { input.value = token; });
};
export const token = () => one("meta[name=csrf-token]").content;

export const ask = (url, options = {}) => fetch(url, {
  ...options,
  headers: { Accept: "application/json, text/html", "HX-Request": "true", ...options.headers },
});

// What is wrong with a field that has a place for it stands there, the rest above the page.
const beside = (html) => {
  const said = one("[data-field]", new DOMParser().parseFromString(html, "text/html"));
  const place = said && one(`[data-fault-of="${CSS.escape(said.dataset.field)}"]`);
  if (!place?.parentElement.offsetParent) return false;
  place.textContent = one("[data-message]", said).textContent;
  show(place, true);
  place.scrollIntoView({ block: "nearest" });
  return true;
};

const notice = (html) => {
  if (beside(html)) return;
  one("#notice").innerHTML = html;
  one("#notice").scrollIntoView({ block: "nearest" });
};

// Puts the answer in place: the strip alone, so that nothing typed is lost, or the whole area.
const put = (html, selector) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (!one("#call, #idle", page)) { location.assign(one("#desk").dataset.here); return; }
  answers += 1;
  notice("");
  const flashes = all("[data-flashes] .flash", page);
  all(".notes .flash").forEach((old) => old.remove());
  one("#said").replaceChildren(...flashes.map((flash) => document.adoptNode(flash)));
  const same = one("#call", page)?.dataset.attempt === attempt();
  const part = selector === "#strip" && same ? "#strip" : "#desk";
  if (part === "#strip") one("#strip").replaceWith(document.adoptNode(one("#strip", page)));
  else {
    one("#desk").replaceChildren(...all("#call, #idle", page).map((it) => document.adoptNode(it)));
    document.title = `${one(".buyer")?.textContent ?? say("拨打")} · ${say("外呼")}`;
    one("#call-title").focus({ preventScroll: true });
  }
  changed();
};

// The strip as the server draws it now; what has the focus in it keeps it. An answer that was put in
// place meanwhile is newer.
export const refreshStrip = async () => {
  const [asked, before] = [attempt(), answers];
  const answer = await ask(one("#desk").dataset.here, { headers: { "X-Part": "desk" } });
  const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : document;
  const isSame = one("#call", page)?.dataset.attempt === asked && attempt() === asked;
  if (page === document || !isSame || answers !== before) return;
  const focused = one("#strip").contains(document.activeElement) ? document.activeElement.id : "";
  const isMenuOpen = Boolean(one(".more-menu[open]"));
  one("#strip").replaceWith(document.adoptNode(one("#strip", page)));
  if (isMenuOpen) one(".more-menu").open = true;
  changed();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

const lock = (letter, on) => {
  const form = letter.form;
  if (!form.isConnected) return;
  form.inert = on && letter === waiting;
  all("button", form).forEach((button) => { button.disabled = on; });
};

const keep = (letter) => {
  waiting = letter;
  lock(letter, true);
  bar("#banner", say("网络断了，填写的内容还在，连上后自动提交。"), {
    soft: true,
    button: { text: say("取回修改"), press: () => { waiting = null; lock(letter, false); bar("#banner", ""); } },
  });
  setTimeout(again, AGAIN_MS);
};

const again = () => {
  if (waiting) send(waiting);
};

const send = (letter) => {
  if (onTheWay.has(letter.form)) return;
  onTheWay.add(letter.form);
  lock(letter, true);
  line = line.then(() => deliver(letter));
};

const deliver = async (letter) => {
  let next = null;
  try {
    letter.body.set("csrf_token", token());
    const answer = await ask(letter.url, { method: "POST", body: letter.body, headers: { "X-Part": "desk" } });
    if (answer.status === 401) {
      if (await askToSignIn()) next = letter;
      else lock(letter, false);
    } else if (answer.ok) {
      const html = await answer.text();
      if (letter === waiting) waiting = null;
      bar("#banner", "");
      put(html, letter.swap);
      if (letter.isOutcome) document.dispatchEvent(new CustomEvent(RECORDED, { detail: letter.then }));
    } else {
      if (letter === waiting) { waiting = null; bar("#banner", ""); }
      lock(letter, false);
      notice(await answer.text());
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // only a failed fetch is a lost network
    lock(letter, false);
    if (letter.isOutcome) keep(letter);
    else bar("#banner", say("网络断了，没有提交。连上后请再按一次。"), { soft: true });
  } finally {
    onTheWay.delete(letter.form);
  }
  if (next) send(next);
};

// What belongs to fields that are not asked for is not sent.
const body = (form, submitter = null) => {
  const data = new URLSearchParams(new FormData(form, submitter));
  if (form.id !== "outcome") return data;
  for (const prefix of prefixes()) {
    const isHidden = (name) => one(`[data-part="${name}"]`, settle(prefix))?.hidden;
    if (isHidden("phone")) data.delete(`${prefix}phone`);
    if (isHidden("case")) { data.delete(`${prefix}agreed`); data.delete(`${prefix}case_kind`); }
    for (const name of ["reason", "suggestion"]) if (isHidden(name)) data.delete(prefix + name);
  }
  return data;
};

export const submitOutcome = ({ then = null, leaving = false } = {}) => {
  const form = one("#outcome");
  if (!form || waiting || call().classList.contains("withdrawn")) return;
  const letter = { url: form.action, body: body(form), form, swap: "#desk", then, isOutcome: true };
  if (leaving) fetch(letter.url, { method: "POST", body: letter.body, keepalive: true });
  else send(letter);
};

export const isKept = () => waiting !== null;

export const takeNext = () => {
  const form = one("#next")?.form;
  if (form) form.requestSubmit();
};

export const wire = () => {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.swap || form.id === "outcome") return;
    event.preventDefault();
    send({ url: form.action, body: body(form, event.submitter), form, swap: form.dataset.swap });
  }, true);
  window.addEventListener("online", again);
  window.addEventListener("beforeunload", (event) => {
    if (waiting) event.preventDefault();
  });
};
