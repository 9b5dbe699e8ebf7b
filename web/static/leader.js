// The switch for everything by a key: Alt+P opens it and stands in the field for the reason.
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
