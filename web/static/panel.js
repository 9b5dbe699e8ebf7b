// Comfort on every page: the clock ticks, a form is sent once, texts are copied, files are dropped.
// Everything works without it.
"use strict";

(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Texts are Chinese here; the page brings the other language's words with it.
  const words = JSON.parse(one("#script-words")?.textContent || "{}");
  const say = (text, ...values) => (words[text] ?? text).replace(/\{(\d)\}/g, (_all, place) => values[place]);

  // The shop's clock: the server says where it stands, here it only goes on from there.
  let clockBase = null;
  const readClock = () => {
    const clock = one("#shop-clock");
    if (clockBase && clockBase.clock === clock) return; // only a part of the page is new
    clockBase = clock && { clock, at: Date.parse(clock.dateTime), since: performance.now() };
  };
  const shopNow = () => {
    const clock = one("#shop-clock");
    if (!clock || !clockBase) return null;
    const speed = clock.dataset.ticks === "1" ? Number(clock.dataset.speed) || 1 : 0;
    return new Date(clockBase.at + (performance.now() - clockBase.since) * speed);
  };
  const tick = () => {
    const now = shopNow();
    if (!now) return;
    const text = new Intl.DateTimeFormat("zh-CN", {
      timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }).format(now);
    const shown = one("#shop-clock [data-time]");
    if (shown && shown.textContent !== text) shown.textContent = text;
  };
  window.waihu = { shopNow, one, all, say };

  // A form is sent once; coming back to the page frees its buttons.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "get" || form.hasAttribute("data-again")) return;
    if (form.dataset.question && !window.confirm(form.dataset.question)) {
      event.preventDefault();
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    setTimeout(() => all("button", form).forEach((button) => { button.disabled = true; }), 0);
  });
  const release = () => all("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    all("button", form).forEach((button) => { button.disabled = false; });
  });
  window.addEventListener("pageshow", release);
  window.waihu.release = release;

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      const text = one(copier.dataset.copy).textContent.trim();
      navigator.clipboard.writeText(text).then(() => { copier.textContent = say("已复制 ✓"); });
    }
    all("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = one("details.menu[open]");
    if (open) {
      open.open = false;
      one("summary", open).focus();
    }
  });

  const dropping = () => all(".drop").forEach((zone) => {
    const input = one("input[type=file]", zone);
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });

  // On a phone the menu and the tabs scroll sideways; the present page is brought into sight.
  const showPresent = () => {
    all(".nav-main, .tabs").forEach((row) => {
      const present = one("[aria-current]", row);
      if (!present) return;
      const left = present.getBoundingClientRect().left - row.getBoundingClientRect().left;
      row.scrollLeft += left - (row.clientWidth - present.offsetWidth) / 2;
    });
  };
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (width === window.innerWidth) return; // a phone's own bars come and go while one scrolls
    width = window.innerWidth;
    showPresent();
  });

  const ready = () => {
    readClock();
    showPresent();
    tick();
    dropping();
    all("[data-needs-script]").forEach((element) => { element.hidden = false; });
  };
  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("htmx:afterSettle", () => { readClock(); tick(); });
  setInterval(tick, 1000);
})();
