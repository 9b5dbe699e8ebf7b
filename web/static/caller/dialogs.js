// What opens over the screen: the keys, the temperament cards, the text to copy, one's own customers.
import { all, call, one, remember, remembers, say } from "./ground.js";
import { ask } from "./sending.js";

const SEARCH_MS = 250;

const open = (selector) => {
  const dialog = one(selector);
  if (dialog && !dialog.open) dialog.showModal();
  return dialog;
};

const fill = async (dialog, url) => {
  const body = one("[data-body]", dialog);
  try {
    const answer = await ask(url);
    body.innerHTML = answer.ok ? await answer.text() : "";
    if (!answer.ok) body.textContent = say("现在打不开，请重试。");
  } catch {
    body.textContent = say("网络断了，连上后再试。");
  }
};

export const showHelp = () => {
  one("#keys-on").checked = !remembers("keys-off");
  one("#sound-on").checked = remembers("sound");
  open("#help");
};
export const showCards = () => one("[aria-selected=true]", open("#cards")).focus();
export const showMessage = () => {
  if (!call()) return;
  const dialog = open("#message");
  one("[data-body]", dialog).replaceChildren();
  fill(dialog, call().dataset.messageUrl).then(() => one("[data-copy]", dialog)?.focus());
};
export const showSearch = () => {
  const dialog = open("#search");
  one("#search-words").value = "";
  one("#search-words").focus();
  find(dialog);
};

const find = (dialog) => {
  const words = encodeURIComponent(one("#search-words").value);
  return fill(dialog, `${dialog.dataset.url}?words=${words}`);
};

const turnCard = (tab) => {
  all("#cards [role=tab]").forEach((other) => {
    other.setAttribute("aria-selected", String(other === tab));
    other.tabIndex = other === tab ? 0 : -1;
    one(`#${other.getAttribute("aria-controls")}`).hidden = other !== tab;
  });
  tab.focus();
};

const onCardKey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const tabs = all("#cards [role=tab]");
  const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tab = by ? tabs[(at + by + tabs.length) % tabs.length] : tabs.find((it) => it.dataset.card === event.key);
  if (!tab) return;
  event.preventDefault();
  turnCard(tab);
};

export const wire = () => {
  one("#cards").addEventListener("keydown", onCardKey);
  one("#cards").addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) turnCard(tab);
  });
  let typing = null;
  one("#search-words").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => find(one("#search")), SEARCH_MS);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("#keys-on")) remember("keys-off", !event.target.checked);
    if (event.target.matches("#sound-on")) remember("sound", event.target.checked);
  });
  // A click beside a sheet closes it.
  document.addEventListener("click", (event) => {
    if (event.target.matches("dialog.sheet[open]:not(#session)")) event.target.close();
  });
};
