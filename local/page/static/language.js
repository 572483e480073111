// The language of the page, and how numbers and times read in it.

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

/** Fill in the sentences of everything below `root` that asks for one. */
export function sayAll(root) {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of root.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
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

/** To the millisecond. */
export const exactTime = (at) =>
  format({ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false }).format(at);

function dayName(at) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (at >= midnight) return "";
  if (at >= midnight - 86_400_000) return say("yesterday");
  return format({ month: "short", day: "numeric" }).format(at);
}

/** "12 ms" or "1.8 s". */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
