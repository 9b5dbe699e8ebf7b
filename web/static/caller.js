// The caller's screen: walking the script, keys, timers, the lease, and the alarm when a customer is
// withdrawn. The server decides everything; without this file the page works by clicks.
"use strict";

(() => {
  const { one, all, shopNow, say } = window.waihu;
  const POLL_MS = 2000;
  const RENEW_MS = 60000;
  const UNDO_SECONDS = 3;
  const GOODBYE_SECONDS = 5;
  const KEYS_OFF = "waihu-keys-off";

  let undoTimer = null;
  let callbackWanted = false; // asked for with B, whatever the outcome
  let goodbyeUntil = 0;
  let hangUpAsked = -Infinity;

  const call = () => one("#call");
  const attempt = () => (call() ? call().dataset.attempt : null);
  const token = () => one("meta[name=csrf-token]");

  // --- the script -------------------------------------------------------------------------------
  const walks = new Map(); // attempt -> moments walked
  let openedFor = null; // the attempt whose opening was shown by itself

  const show = (focus) => {
    const path = walks.get(attempt());
    const current = path[path.length - 1];
    all(".moment").forEach((moment) => { moment.hidden = moment.dataset.moment !== current; });
    const list = one("#path");
    list.replaceChildren(...path.map((name, index) => {
      const item = document.createElement("li");
      const title = one(`#m-${name} h2`).firstChild.textContent.trim();
      if (index === path.length - 1) {
        item.textContent = title;
        item.setAttribute("aria-current", "step");
      } else {
        const back = document.createElement("button");
        back.type = "button";
        back.textContent = title;
        back.addEventListener("click", () => {
          walks.set(attempt(), path.slice(0, index + 1));
          show(true);
        });
        item.append(back);
      }
      return item;
    }));
    const moment = one(`#m-${current}`);
    if (focus) {
      one("h2", moment).focus({ preventScroll: true });
      const column = moment.closest(".column");
      column.scrollTop = 0;
      if (moment.getBoundingClientRect().top < 0) moment.scrollIntoView();
      const offered = moment.dataset.buttons.split(" ").filter(Boolean)[0];
      if (offered) choose(one(`#o-${offered}`), false);
      if ("last" in moment.dataset && moment.classList.contains("moment-voice")) sayGoodbye();
    }
  };

  const go = (name) => {
    if (!one(`#m-${name}`)) return;
    walks.get(attempt()).push(name);
    show(true);
  };

  // Dialled: what is to be read before dialling gives way to the first sentence.
  const openTalk = () => {
    const { dialled, hungUp } = one("#strip").dataset;
    if (!dialled || hungUp || openedFor === attempt()) return false;
    openedFor = attempt();
    const first = one(".moment");
    const opening = one("[data-go]", first);
    if (walks.get(attempt()).length > 1 || !first.classList.contains("moment-note") || !opening) return false;
    go(opening.dataset.go);
    return true;
  };

  const stepBranch = (by) => {
    const links = all(".moment:not([hidden]) .branches a");
    if (!links.length) return false;
    const at = links.indexOf(document.activeElement);
    const from = at < 0 && by < 0 ? 0 : at;
    links[(from + by + links.length) % links.length].focus();
    return true;
  };

  // --- the outcome ------------------------------------------------------------------------------
  const fit = () => {
    const chosen = one(".outcome-radio:checked");
    const has = (flag) => Boolean(chosen && flag in chosen.dataset);
    one("#phone-part").hidden = !has("phoneNeeded");
    one("#new-phone").required = has("phoneNeeded");
    one("#note").required = has("noteNeeded");
    if (!has("callback") && !callbackWanted) one("#callback-at").value = "";
    one("#callback-part").hidden = !has("callback") && !callbackWanted;
    one("#save").firstChild.textContent = has("suppresses")
      ? `${say("确认“{0}”，以后不再联系", chosen.dataset.label)} ` : `${say("记录结果")} `;
  };

  const choose = (radio, record) => {
    stopUndo();
    radio.checked = true;
    fit();
    if (!record) return;
    if ("soft" in radio.dataset) startUndo(radio.dataset.label);
    else if ("phoneNeeded" in radio.dataset) focusOn("#new-phone");
    else if ("noteNeeded" in radio.dataset) focusOn("#note");
    else if ("callback" in radio.dataset) focusOn("#callback-at");
    else focusOn("#save");
  };

  const focusOn = (selector) => {
    const field = one(selector);
    field.focus({ preventScroll: true });
    field.parentElement.scrollIntoView({ block: "nearest" });
  };

  const stopUndo = () => {
    clearInterval(undoTimer);
    undoTimer = null;
    if (one("#undo")) one("#undo").hidden = true;
  };

  const startUndo = (label) => {
    let left = UNDO_SECONDS;
    const bar = one("#undo");
    const say = () => { one("[data-undo-text]", bar).textContent = say("{0} 秒后记录：{1}", left, label); };
    say();
    bar.hidden = false;
    undoTimer = setInterval(() => {
      left -= 1;
      if (left > 0) { say(); return; }
      stopUndo();
      one("#outcome").requestSubmit(one("#save"));
    }, 1000);
  };

  const openCallback = () => {
    if (!one(".outcome-radio:checked")) choose(one("#o-busy"), false);
    callbackWanted = true;
    fit();
    focusOn("#callback-at");
  };

  const pickDay = (button) => {
    const select = one("#callback-at");
    all("optgroup", select).forEach((group) => { group.hidden = group.dataset.day !== button.dataset.day; });
    all("[data-day][aria-pressed]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    select.value = one(`optgroup[data-day="${button.dataset.day}"] option`, select).value;
    select.focus();
  };

  // --- hanging up: the customer first (R-ETQ-1) ---------------------------------------------------
  const sayGoodbye = () => {
    if (one("#hang-up")) goodbyeUntil = performance.now() + GOODBYE_SECONDS * 1000;
  };
  const tickGoodbye = () => {
    const button = one("#hang-up");
    if (!button) { goodbyeUntil = 0; return; }
    const left = Math.ceil((goodbyeUntil - performance.now()) / 1000);
    const text = left > 0 ? `${say("让客户先挂 {0}", left)} ` : `${say("挂断")} `;
    if (button.firstChild.textContent !== text) button.firstChild.textContent = text;
  };
  // During the countdown a hang-up has to be meant: it is asked for twice.
  const guardHangUp = (event) => {
    if (!event.target.closest("#hang-up") || performance.now() >= goodbyeUntil) return;
    if (performance.now() - hangUpAsked > 3000) {
      hangUpAsked = performance.now();
      event.preventDefault();
      event.stopPropagation();
    }
  };

  // --- timers -----------------------------------------------------------------------------------
  const two = (number) => String(number).padStart(2, "0");
  const tick = () => {
    tickGoodbye();
    const now = shopNow();
    if (!now) return;
    all("[data-since]").forEach((shown) => {
      const seconds = Math.max(0, Math.floor((now - Date.parse(shown.dataset.since)) / 1000));
      shown.textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    });
    all("[data-until]").forEach((shown) => {
      const minutes = Math.max(0, Math.floor((Date.parse(shown.dataset.until) - now) / 60000));
      const days = Math.floor(minutes / 1440);
      const hours = Math.floor(minutes / 60) % 24;
      const text = days ? say("{0} 天 {1} 小时", days, hours) : hours ? say("{0} 小时 {1} 分", hours, minutes % 60) : say("{0} 分", minutes);
      if (shown.textContent !== text) shown.textContent = text;
    });
  };

  // --- lease and alarm --------------------------------------------------------------------------
  const alarm = (text, soft, link) => {
    const bar = one("#alarm");
    if (!bar) return;
    if (bar.dataset.text === text) return;
    bar.dataset.text = text;
    bar.classList.toggle("alarm-soft", soft);
    bar.replaceChildren(document.createTextNode(text));
    if (link) {
      const anchor = document.createElement("a");
      anchor.className = "btn btn-plain";
      anchor.href = link.href;
      anchor.textContent = link.text;
      if (link.blank) anchor.target = "_blank";
      bar.append(anchor);
    }
    bar.hidden = !text;
  };

  const stopWork = (text) => {
    stopUndo();
    call().classList.add("withdrawn");
    all("#dial, #hang-up, #save").forEach((button) => { button.disabled = true; });
    all("#skip, .dialling a").forEach((element) => { element.hidden = true; });
    alarm(text, false, { href: "/call", text: say("知道了，继续") });
  };

  const react = (seen) => {
    token().content = seen.token;
    all("input[name=csrf_token]").forEach((input) => { input.value = seen.token; });
    const why = seen.rule ? `：${seen.reason}（${seen.rule}）` : "";
    if (seen.state === "withdrawn") stopWork(`${say("这位客户已撤回，请勿拨打")}${why}`);
    else if (seen.state === "expired") stopWork(`${say("领取已超时，客户已回到队列，请勿拨打")}${why}`);
    else if (seen.state === "over") stopWork(say("这一通已经处理完（可能在另一个窗口）"));
    else if (seen.outcome_missing) alarm(say("结果还没填，已超过 30 分钟，请现在选择通话结果（R-CLAIM-1）"), true);
    else alarm("", true);
  };

  const poll = async () => {
    const asked = attempt();
    if (!asked || call().classList.contains("withdrawn")) return;
    try {
      const answer = await fetch(call().dataset.stateUrl, { headers: { Accept: "application/json" } });
      if (attempt() !== asked) return; // another customer by now
      if (answer.status === 401) {
        alarm(say("登录已过期。页面上的内容还在，请在新窗口登录后继续。"), true, { href: "/sign-in", text: say("去登录"), blank: true });
      } else if (answer.ok) {
        react(await answer.json());
      }
    } catch {
      if (attempt() === asked) alarm(say("网络断开，页面上的内容还在，连上后会继续。"), true);
    }
  };

  const renew = () => {
    const strip = one("#strip");
    if (!strip || strip.dataset.hungUp || call().classList.contains("withdrawn")) return;
    fetch(call().dataset.renewUrl, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token().content },
    }).catch(() => {}); // the next poll says that the network is gone
  };

  // --- keys -------------------------------------------------------------------------------------
  const keysOff = () => localStorage.getItem(KEYS_OFF) === "1";
  const typing = (target) => target.matches("textarea, select, [contenteditable]")
    || (target.matches("input") && !target.matches("[type=radio], [type=checkbox]"));

  const press = (selector) => {
    const button = one(selector);
    if (button && !button.disabled) button.click();
  };
  const COMMANDS = {
    n: () => press("#next"),
    d: () => press("#dial"),
    h: () => press("#hang-up"),
    s: () => {
      const menu = one(".skip-menu");
      if (menu) { menu.open = true; one("#skip-reason").focus(); }
    },
    b: () => { if (call()) openCallback(); },
    "?": () => one("#help").showModal(),
  };

  const onKey = (event) => {
    if (event.key === "Escape") {
      if (undoTimer) { stopUndo(); return; }
      all(".skip-menu[open]").forEach((menu) => { menu.open = false; });
      if (typing(event.target)) event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (!one("#call, #idle") || typing(event.target) || one("dialog[open]")) return;
    if (event.key === "Enter" && undoTimer) {
      event.preventDefault();
      stopUndo();
      one("#outcome").requestSubmit(one("#save"));
      return;
    }
    if (keysOff()) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !event.target.matches("input")) { // among radio buttons the arrows are the browser's
      if (stepBranch(step)) event.preventDefault();
      return;
    }
    const key = event.key.toLowerCase();
    const radio = one(`.outcome-radio[data-key="${CSS.escape(key)}"]`);
    const command = COMMANDS[key];
    if (command) { event.preventDefault(); command(); }
    else if (radio) { event.preventDefault(); choose(radio, true); }
    else if (event.key === "Enter" && event.target.matches(".outcome-radio")) {
      event.preventDefault();
      one("#outcome").requestSubmit(one("#save"));
    } else if (event.key === "Enter" && !event.target.closest("a, button, summary, input, label")) {
      confirmOffered(event);
    }
  };

  // Enter where nothing is to be pressed: the outcome that the walk offered. While the call goes on,
  // and for one that ends all contact, it is only made ready: a second Enter records it.
  const confirmOffered = (event) => {
    const chosen = one(".outcome-radio:checked");
    if (!chosen) return;
    event.preventDefault();
    if (one("#strip").dataset.hungUp && !("suppresses" in chosen.dataset)) {
      one("#outcome").requestSubmit(one("#save"));
    } else {
      focusOn("#save");
    }
  };

  // --- wiring -----------------------------------------------------------------------------------
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", guardHangUp, true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-go]");
    if (link) { event.preventDefault(); go(link.dataset.go); return; }
    const day = event.target.closest("button[data-day]");
    if (day) { pickDay(day); return; }
    if (event.target.closest("[data-undo]")) { stopUndo(); return; }
    if (event.target.closest("#help-open")) { one("#help").showModal(); return; }
    // A click of the mouse, not one that arrow keys make among radio buttons.
    if (event.detail > 0 && event.target.matches(".outcome-radio")) choose(event.target, true);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".outcome-radio")) { stopUndo(); fit(); }
    if (event.target.matches("#keys-on")) {
      if (event.target.checked) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "1");
    }
  });

  const ready = () => {
    all("[data-needs-script]").forEach((element) => { element.hidden = false; });
    const keysOn = one("#keys-on");
    if (keysOn) keysOn.checked = !keysOff();
    if (!call()) { stopUndo(); tick(); return; }
    if (!walks.has(attempt())) {
      walks.clear();
      walks.set(attempt(), [one(".moment").dataset.moment]);
      callbackWanted = false;
      stopUndo();
    }
    call().classList.add("walking");
    if (!openTalk()) show(false);
    fit();
    tick();
  };
  const settled = (event) => {
    if (event.detail.target && event.detail.target.id === "notice") return;
    ready();
    if (event.detail.target === document.body) one("#main").focus({ preventScroll: true });
  };
  document.addEventListener("htmx:afterSettle", settled);
  document.addEventListener("htmx:sendError", () => alarm(say("网络断开，没有提交。连上后请再按一次。"), true));
  document.addEventListener("DOMContentLoaded", ready);
  if (document.readyState !== "loading") ready();
  setInterval(tick, 1000);
  setInterval(poll, POLL_MS);
  setInterval(renew, RENEW_MS);
})();
