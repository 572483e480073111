// The coloured squares with the end of a name, as DingTalk draws people without a picture.

import { element, icon } from "./dom.js";

const COLOURS = 6;

/** The avatar of a person (id and name), of "bot", or of a group (with its names). */
export function avatar(id, name) {
  if (id === "bot") return element("span", { class: "avatar avatar-bot", "aria-hidden": "true" }, icon("robot"));
  const colour = [...id].reduce((sum, character) => sum + character.codePointAt(0), 0) % COLOURS;
  return element("span", { class: `avatar avatar-${colour}`, "aria-hidden": "true" }, initials(name));
}

/** The avatar of a group: up to four of its people. */
export function groupAvatar(people) {
  const tiles = people.slice(0, 4).map((person) => avatar(person.id, person.name));
  return element("span", { class: "avatar avatar-group", "aria-hidden": "true" }, ...tiles);
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  if (/[^\u0000-\u024f]/.test(name)) return [...name.replace(/[\s（(].*$/, "")].slice(-2).join("");
  return words.map((word) => word[0] ?? "").join("").slice(0, 2).toUpperCase();
}
