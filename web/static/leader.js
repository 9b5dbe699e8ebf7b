// The switch for everything by a key: Alt+P opens it and stands in the field for the reason.
// Today's figures and results keep themselves up to date; not while somebody stands in them.
"use strict";

document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyP") return;
  const { one } = window.waihu;
  const pause = one("#pause-all");
  const resume = one("#paused button");
  if (!pause && !resume) return;
  event.preventDefault();
  if (pause) pause.open = true;
  (resume || one("#pause-reason")).focus();
});

const refreshToday = async () => {
  const today = window.waihu.one("#today-now");
  if (document.visibilityState !== "visible" || today.contains(document.activeElement)) return;
  try {
    const answer = await fetch(today.dataset.url, { headers: { Accept: "application/json, text/html" } });
    if (answer.ok && !answer.redirected) today.innerHTML = await answer.text();
  } catch {
    // the network is gone: what is shown stays, and is asked for again
  }
};

document.addEventListener("DOMContentLoaded", () => {
  const today = window.waihu.one("#today-now");
  if (!today) return;
  setInterval(refreshToday, Number(today.dataset.seconds) * 1000);
  document.addEventListener("visibilitychange", refreshToday);
});
