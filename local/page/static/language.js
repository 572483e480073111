// The language of the page, and how numbers and times read in it.

import { cloudNow } from "./clock.js";
import { keep, recall } from "./memory.js";
import { WORDS } from "./words.js";

let language = recall("language", null) in WORDS ? recall("language", null) : "zh";

/** "zh" or "en". */
export const currentLanguage = () => language;

/** Take the server's language, unless a person has chosen one here. */
export function suggestLanguage(suggested) {
  if (!(recall("language", null) in WORDS) && suggested in WORDS) language = suggested;
}

/** Switch to the other language and remember it. */
export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  keep("language", language);
}

/** The sentence of that key; `{name}` is replaced by `values.name`. */
export function say(key, values = {}) {
  return WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The word for a name of the interface (`fact_…`) or for one of its values (`value_…`); the name itself where there is none. */
export const word = (kind, name) => WORDS[language][`${kind}_${name}`] ?? name;

/** Fill in the sentences of everything below `root` that asks for one. */
export function sayAll(root) {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of root.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of root.querySelectorAll("[data-say-title]")) node.title = say(node.dataset.sayTitle);
  for (const node of root.querySelectorAll("[data-say-placeholder]")) node.placeholder = say(node.dataset.sayPlaceholder);
  for (const node of root.querySelectorAll("[data-say-label]")) {
    node.setAttribute("aria-label", say(node.dataset.sayLabel));
    if (node.tagName === "BUTTON") node.title = say(node.dataset.sayLabel);
  }
}

const locale = () => (language === "zh" ? "zh-CN" : "en-GB");
const formats = new Map();

function format(options) {
  const key = locale() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), options));
  return formats.get(key);
}

/** Hours and minutes of a time in ms, with the day when it is not today. */
export function clockTime(at) {
  const clock = format({ hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
  const day = dayName(at);
  return day ? `${day} ${clock}` : clock;
}

/** For a list: the time today, else the day. */
export const shortTime = (at) => dayName(at) || clockTime(at);

/** Date and time to the second. */
export const fullTime = (at) => format({ dateStyle: "medium", timeStyle: "medium" }).format(at);

/** To the millisecond. */
export const exactTime = (at) =>
  format({ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false }).format(at);

function dayName(at) {
  const midnight = new Date(cloudNow()).setHours(0, 0, 0, 0);
  if (at >= midnight && at < midnight + 86_400_000) return "";
  if (at >= midnight) return format({ month: "short", day: "numeric" }).format(at);
  if (at >= midnight - 86_400_000) return say("yesterday");
  return format({ month: "short", day: "numeric" }).format(at);
}

/** "12 ms" or "1.8 s". */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

const SPANS = [
  ["days", 86_400],
  ["hours", 3600],
  ["minutesLong", 60],
  ["seconds", 1],
];

/** "1 h 30 min": the two largest parts of a number of seconds. */
export function span(seconds) {
  let rest = Math.round(Math.abs(seconds));
  const parts = [];
  for (const [key, size] of SPANS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(say(key, { count }));
  }
  return parts.slice(0, 2).join(" ") || say("seconds", { count: 0 });
}
