// Signing in again without leaving the page: what was typed stays, the same form is sent again (F25).
import { one, say, show } from "./ground.js";
import { setToken } from "./sending.js";

let asking = null;

const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
const tokenOf = (page) => one("meta[name=csrf-token]", page)?.content ?? "";
const isOurs = (page) => one("#desk", page)?.dataset.person === one("#desk").dataset.person;

// Perhaps one has signed in again in another window already.
const signedInElsewhere = async (url) => {
  const page = await read(await fetch(url));
  if (isOurs(page)) { setToken(tokenOf(page)); return { token: "" }; }
  return { token: tokenOf(page) };
};

const enter = async (dialog, form) => {
  const fault = one("#session-fault");
  try {
    const { token } = await signedInElsewhere(dialog.dataset.url);
    if (!token) return true;
    const body = new URLSearchParams(new FormData(form));
    body.set("csrf_token", token);
    body.set("next", one("#desk").dataset.here);
    const answer = await fetch(dialog.dataset.url, { method: "POST", body });
    const page = await read(answer);
    if (answer.ok && isOurs(page)) { setToken(tokenOf(page)); return true; }
    fault.textContent = one("#fault", page)?.textContent.trim() || say("没有登录成功，请再试一次。");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    fault.textContent = say("网络断了，连上后再试。");
  }
  show(fault, true);
  return false;
};

// Answers whether one is signed in now. Asked twice it is one question.
export const askToSignIn = () => {
  asking ??= new Promise((resolve) => {
    const dialog = one("#session");
    const form = one("[data-session]", dialog);
    let done = false;
    const submit = async (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (!await enter(dialog, form)) return;
      done = true;
      dialog.close();
    };
    form.addEventListener("submit", submit);
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", submit);
      one("#session-password").value = "";
      show(one("#session-fault"), false);
      asking = null;
      resolve(done);
    }, { once: true });
    dialog.showModal();
    one("#session-password").focus();
  });
  return asking;
};
