// The time of a callback: only open minutes, and a wish that has to be moved is said before it is
// promised (R-HOURS-7).
import { all, one, say, shopNow, two } from "./ground.js";
import { field, settle } from "./matters.js";

const HOUR_MS = 3_600_000;
const NEAR_MS = 10 * 60_000;
const ZONE_MS = 8 * HOUR_MS; // the shop's zone has no summer time

const shopDay = (instant, days = 0) => Math.floor((instant + ZONE_MS) / (24 * HOUR_MS)) + days;
const onDay = (day, hours, minutes = 0) => day * 24 * HOUR_MS - ZONE_MS + hours * HOUR_MS + minutes * 60_000;
const clockTime = (instant) => {
  const local = new Date(instant + ZONE_MS);
  return `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`;
};

const wishes = {
  hour: (now) => now + HOUR_MS,
  tonight: (now) => onDay(shopDay(now), 18),
  morning: (now) => onDay(shopDay(now, 1), 9),
  afternoon: (now) => onDay(shopDay(now, 1), 14),
};

const options = (prefix) => all("option[data-booked]", field("callback-at", prefix));

// The first open minute at or after the wish; null when none is left before the deadline.
const nearest = (wish, prefix) => options(prefix).find((option) => Date.parse(option.value) >= wish) ?? null;

const take = (wish, prefix) => {
  const option = nearest(wish, prefix);
  const said = one("[data-wish-said]", settle(prefix));
  if (!option) {
    said.textContent = say("{0} 之后没有可拨的时间了，不要答应。", clockTime(wish));
    return;
  }
  field("callback-at", prefix).value = option.value;
  say_(prefix, wish);
};

const say_ = (prefix, wish = null) => {
  const option = field("callback-at", prefix).selectedOptions[0];
  const said = one("[data-wish-said]", settle(prefix));
  if (!option || !option.value) { said.textContent = ""; return; }
  const booked = Number(option.dataset.booked);
  const others = booked ? say("这个时段已约 {0} 位。", booked) : say("这个时段还没有约人。");
  const moved = wish !== null && Date.parse(option.value) - wish > NEAR_MS;
  said.textContent = moved
    ? `${say("{0} 不能打，顺延到 {1}，请先跟客户说。", clockTime(wish), option.textContent.split("（")[0].trim())} ${others}`
    : others;
};

export const clearWish = (prefix) => {
  field("callback-at", prefix).value = "";
  one("[data-wish-said]", settle(prefix)).textContent = "";
};

// A shortcut that has no open minute before the deadline is not offered at all.
export const fitShortcuts = (prefix) => {
  const now = shopNow()?.getTime();
  if (!now) return;
  all("[data-wish]", settle(prefix)).forEach((button) => {
    const wish = wishes[button.dataset.wish](now);
    const isPast = wish <= now;
    button.disabled = isPast || !nearest(wish, prefix);
  });
};

export const wire = () => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-wish]");
    if (!button) return;
    const prefix = button.closest(".settle").dataset.matter;
    take(wishes[button.dataset.wish](shopNow().getTime()), prefix);
    field("callback-at", prefix).focus();
  });
  document.addEventListener("change", (event) => {
    const prefix = event.target.closest(".settle")?.dataset.matter;
    if (prefix === undefined) return;
    if (event.target.matches("select[name$=callback_at]")) say_(prefix);
    if (event.target.matches("[data-wish-time]") && event.target.value) {
      const [hours, minutes] = event.target.value.split(":").map(Number);
      const now = shopNow().getTime();
      const today = onDay(shopDay(now), hours, minutes);
      take(today > now ? today : onDay(shopDay(now, 1), hours, minutes), prefix);
    }
  });
};
