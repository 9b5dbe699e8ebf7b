// One's own day keeps itself up to date; not while somebody is in the middle of it.
import { all, one } from "./ground.js";

const REFRESH_MS = 30_000;

setInterval(async () => {
  const day = one("#day");
  if (document.visibilityState !== "visible" || day.contains(document.activeElement)) return;
  try {
    const answer = await fetch(day.dataset.url, { headers: { Accept: "application/json, text/html" } });
    if (answer.ok) day.innerHTML = await answer.text();
    all("[data-needs-script]", day).forEach((element) => { element.hidden = false; });
  } catch {
    // the network is gone: what is shown stays, and is asked for again
  }
}, REFRESH_MS);
