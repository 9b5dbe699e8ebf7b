// The panel, and the progress of a sampling month, keep themselves up to date while somebody can see them. What was opened stays open, the
// keyboard stays where it stands, and a change in what is late is said once.
"use strict";

(() => {
  const { one, all } = window.waihu;
  const key = (element) => element.id || element.getAttribute("href") || element.getAttribute("aria-labelledby")
    || element.textContent.trim();
  const place = (element) => `${key(element.closest("section"))} ${key(element)}`;
  const focusables = "a, button, summary, [tabindex]";

  const say = (part) => {
    const said = one("[data-said]", part)?.dataset.said;
    const status = one("#panel-said");
    if (said && status.dataset.last !== undefined && status.dataset.last !== said) status.textContent = said;
    if (said) status.dataset.last = said;
  };

  const replace = (part, text) => {
    const open = new Set(all("details[open]", part).map((element) => place(one("summary", element))));
    const held = part.contains(document.activeElement) ? place(document.activeElement) : null;
    part.innerHTML = text;
    all("details", part).forEach((element) => {
      element.open = open.has(place(one("summary", element)));
    });
    if (held) all(focusables, part).find((element) => place(element) === held)?.focus({ preventScroll: true });
    say(part);
  };

  const refresh = async (part) => {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(part.dataset.live, { headers: { Accept: "application/json, text/html" } });
      if (answer.status === 401) window.location.reload(); // signed out: come back after the sign-in
      else if (answer.ok && !answer.redirected) replace(part, await answer.text());
    } catch {
      // the network is gone: what is shown stays with its time, and is asked for again
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    all("[data-live]").forEach((part) => {
      say(part);
      setInterval(() => refresh(part), Number(part.dataset.seconds) * 1000);
      document.addEventListener("visibilitychange", () => refresh(part));
    });
  });
})();
