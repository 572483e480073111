// Any JSON value as something to read: requests and responses as such, lists as steps, the rest as names and values.

import { element, icon } from "./dom.js";
import { duration, exactTime, say, word } from "./language.js";

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const needsBlock = (entry) => typeof entry === "string" && (entry.length > LONGEST_FACT || /\n|^\s*[[{]/.test(entry));
const isPlain = (value) => value === null || typeof value !== "object";
const LONGEST_FACT = 80;
/** Whose values are words of the interface. */
const NAMED = ["state", "result"];

/** The view of one value of a story. */
export function valueView(value) {
  if (Array.isArray(value)) return listView(value);
  if (isObject(value)) return objectView(value);
  if (value === null || value === undefined || value === "") return element("p", { class: "hint" }, say("storyNone"));
  return block(textOf(value));
}

function listView(values) {
  if (values.length === 0) return element("p", { class: "hint" }, say("storyNone"));
  if (values.every(isPlain)) return block(values.map(textOf).join("\n"));
  return element("ol", { class: "values" }, ...values.map((value) => element("li", {}, valueView(value))));
}

function objectView(value) {
  const view = element("div", { class: "value" });
  const start = startLine(value);
  if (start) view.append(element("p", { class: "start-line" }, start));
  const facts = element("dl", { class: "facts" });
  const later = [];
  for (const [key, entry] of Object.entries(value)) {
    if (start && ["method", "url", "function", "how"].includes(key)) continue;
    if (isPlain(entry) && key !== "body" && !needsBlock(entry)) facts.append(element("dt", {}, word("fact", key)), element("dd", {}, fact(key, entry)));
    else if (entry !== null && entry !== "") later.push([key, entry]);
  }
  if (facts.children.length) view.append(facts);
  for (const [key, entry] of later) view.append(part(key, entry));
  return view;
}

/** What stands above everything else: a request's address, or the function that ran and how it was called. */
function startLine({ method, url, function: name, how }) {
  if (url) return `${method ?? "POST"} ${url}`;
  return name && how ? `${name} · ${word("value", how)}` : null;
}

function fact(key, entry) {
  if (entry === null || entry === "") return "–";
  if (key === "at" && typeof entry === "number") return exactTime(entry);
  if (typeof entry === "number" && (key === "ms" || key.endsWith("_ms"))) return duration(entry);
  return typeof entry === "boolean" || NAMED.includes(key) ? word("value", String(entry)) : String(entry);
}

function part(key, entry) {
  if (key === "headers" && isObject(entry)) {
    const lines = Object.entries(entry).map(([name, value]) => `${name}: ${value}`);
    return labelled(key, block(lines.join("\n")));
  }
  if (Array.isArray(entry) && !entry.every(isPlain) && key === "attempts") return labelled(key, listView(entry));
  return labelled(key, block(textOf(entry)));
}

const labelled = (key, view) => element("div", { class: "labelled" }, element("p", { class: "label" }, word("fact", key)), view);

function textOf(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

function block(text) {
  return element(
    "div",
    { class: "block" },
    element("button", { type: "button", class: "icon-button", "data-copy": "", title: say("copy"), "aria-label": say("copy") }, icon("copy")),
    element("pre", { tabIndex: 0 }, text),
  );
}
