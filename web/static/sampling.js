// The sampling month: an open review stays its reviewer's, answered complaints appear by themselves,
// and the sound for breaches is a switch that the browser remembers.
"use strict";

(() => {
  const REFRESH_MS = 15_000;
  const { one, say } = window.waihu;
  const SOUND = "waihu-sound"; // the caller's workspace knows the same switch

  const keep = async (kept) => {
    if (document.visibilityState !== "visible") return;
    const body = new URLSearchParams({ csrf_token: one("meta[name=csrf-token]").content });
    const headers = { Accept: "application/json, text/html", "HX-Request": "true" };
    try {
      const answer = await fetch(kept.dataset.keep, { method: "POST", body, headers });
      if (!answer.ok && answer.status !== 401) one("#notice").innerHTML = await answer.text();
      if (answer.status === 401) one("#notice").textContent = say("已退出登录，请重新登录再提交");
    } catch {
      // the network is gone: asked again next time
    }
  };

  const refresh = async (shown) => {
    if (document.visibilityState !== "visible" || shown.contains(document.activeElement)) return;
    try {
      const answer = await fetch(shown.dataset.refreshed, { headers: { Accept: "application/json, text/html" } });
      if (!answer.ok || answer.redirected) return;
      const html = await answer.text();
      if (!shown.contains(document.activeElement)) shown.innerHTML = html;
    } catch {
      // the network is gone: what is shown stays
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const kept = one("[data-keep]");
    if (kept) setInterval(keep, Number(kept.dataset.keepEach) * 1000, kept);
    const shown = one("[data-refreshed]");
    if (shown) setInterval(refresh, REFRESH_MS, shown);
    const sound = one("#sound");
    if (!sound) return;
    sound.checked = localStorage.getItem(SOUND) === "1";
    sound.addEventListener("change", () => {
      if (sound.checked) localStorage.setItem(SOUND, "1");
      else localStorage.removeItem(SOUND);
    });
  });
})();
