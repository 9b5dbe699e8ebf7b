// The page and its customer: what has become of the hand-out, asked every two seconds (R-DNC-2), each
// second while a line is at work, and the lease, renewed each minute while it is open (R-CLAIM-1).
import { all, attempt, bar, beep, call, one, say, setClock, strip } from "./ground.js";
import { follow, isLive } from "./line.js";
import { stopUndo } from "./outcome.js";
import { ask, isKept, setToken, token } from "./sending.js";
import { askToSignIn } from "./session.js";

const POLL_MS = 2000;
const LIVE_POLL_MS = 1000;
const RENEW_MS = 60000;

let isAsking = false;
let askedAt = 0;

// The customer is no longer this caller's; the page says so until it is left.
export const isOver = () => Boolean(call()?.classList.contains("withdrawn"));
export const leave = () => location.assign(one("#desk").dataset.here);
const alarm = (text, options) => bar("#alarm", text, options);

const stopWork = (text) => {
  stopUndo();
  beep();
  call().classList.add("withdrawn");
  all("#dial, #dial-by-hand, #goodbye, #hang-up, #score-by-key, .unsure button, #more-time, #save").forEach((button) => { button.disabled = true; });
  all("#skip, .dialling a").forEach((element) => { element.hidden = true; });
  alarm(text, { button: { text: say("知道了，继续"), press: leave } });
};

const react = async (seen) => {
  setToken(seen.token);
  setClock(seen.now, seen.speed);
  const why = seen.rule ? `：${seen.reason}（${seen.rule}）` : "";
  if (seen.pause) stopWork(seen.pause);
  else if (seen.state === "withdrawn") stopWork(`${say("这位客户已撤回，请勿拨打")}${why}`);
  else if (seen.state === "expired") stopWork(`${say("领取已超时，客户已回到队列，请勿拨打")}${why}`);
  else if (seen.state === "over" && seen.line?.stage === "unknown") stopWork(say("线路始终没有确认，系统已记为“线路未确认”，之后会再安排"));
  else if (seen.state === "over") stopWork(say("这一通已经处理完（可能在另一个窗口）"));
  else if (seen.outcome_missing) alarm(say("结果还没填，已超过 30 分钟，请现在选择通话结果（R-CLAIM-1）"), { soft: true });
  else alarm("", {});
  if (!isOver()) await follow(seen.line);
};

const poll = async () => {
  const asked = attempt();
  if (!asked || isOver() || isKept() || one("#desk").inert || isAsking) return;
  isAsking = true;
  askedAt = performance.now();
  try {
    const answer = await ask(call().dataset.stateUrl);
    if (attempt() !== asked || isKept()) return; // another customer by now
    if (answer.status === 401) {
      const press = () => askToSignIn().then((isIn) => { if (isIn) alarm("", {}); });
      alarm(say("登录已过期。页面上的内容还在。"), { soft: true, button: { text: say("登录"), press } });
    } else if (answer.ok) {
      bar("#banner", "");
      await react(await answer.json());
    }
  } catch {
    if (attempt() === asked) bar("#banner", say("网络断了，填写的内容还在，连上后继续。"), { soft: true });
  } finally {
    isAsking = false;
  }
};

const turn = () => {
  if (isLive() || performance.now() - askedAt > POLL_MS - LIVE_POLL_MS / 2) poll();
};

const renew = () => {
  if (!call() || strip().dataset.hungUp || isOver() || one("#desk").inert) return;
  ask(call().dataset.renewUrl, { method: "POST", headers: { "X-CSRFToken": token() } })
    .catch(() => {}); // the next poll says that the network is gone
};

export const wire = () => {
  setInterval(turn, LIVE_POLL_MS);
  setInterval(renew, RENEW_MS);
};
