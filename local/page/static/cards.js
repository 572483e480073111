// The robot's cards, from the JSON that it posted. Pictures from elsewhere are not loaded; addresses are checked.

import { element, icon } from "./dom.js";
import { say } from "./language.js";
import { rendered, SAFE_ADDRESS } from "./markdown.js";

const text = (value) => (typeof value === "string" ? value : "");
const partOf = (message) => message.payload?.[message.kind] ?? message.payload ?? {};
const placeholder = () =>
  element("span", { class: "no-picture", role: "img", title: say("pictureElsewhere"), "aria-label": say("pictureElsewhere") }, icon("picture"));

/** A link that leads to the web or nowhere. */
function anchor(address, properties, ...children) {
  if (!SAFE_ADDRESS.test(text(address))) return element("span", properties, ...children);
  return element("a", { ...properties, href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Title, words and a picture at their side, all one link. */
export function linkCard(message) {
  const part = partOf(message);
  return anchor(
    part.messageUrl,
    { class: "card link-card" },
    element("span", { class: "card-title" }, text(part.title) || message.title),
    element("span", { class: "card-words" }, text(part.text) || message.text),
    text(part.picUrl) && placeholder(),
  );
}

/** Markdown with one button, or several below or beside each other. */
export function actionCard(message) {
  const part = partOf(message);
  const single = part.singleTitle ? [{ title: part.singleTitle, actionURL: part.singleURL }] : [];
  const buttons = [...single, ...(Array.isArray(part.btns) ? part.btns : [])];
  return element(
    "div",
    { class: "card" },
    element("div", { class: "markdown-body" }, rendered(text(part.text) || message.text)),
    element(
      "div",
      { class: `card-buttons${String(part.btnOrientation) === "1" ? " side-by-side" : ""}` },
      ...buttons.map((button) => anchor(button?.actionURL, { class: "card-button" }, text(button?.title))),
    ),
  );
}

const CARD_STATES = { PROCESSING: "cardProcessing", INPUTING: "cardInputing", EXECUTING: "cardExecuting", FAILED: "cardFailed" };

const cardState = ({ card }) => (Object.hasOwn(CARD_STATES, card ?? "") ? say(CARD_STATES[card]) : "");

/** An interactive card that fills while it streams: its title, its markdown as far as it has come, and its state. */
export function streamingCard(message) {
  const state = cardState(message);
  const open = state && message.card !== "FAILED";
  return element(
    "div",
    { class: "card streaming-card", "data-card": message.card ?? "", "aria-busy": String(Boolean(open)) },
    message.title && element("p", { class: "streaming-title" }, message.title),
    element("div", { class: "markdown-body" }, rendered(message.text)),
    state && element("p", { class: "card-state" }, state, open && element("span", { class: "dots", "aria-hidden": "true" })),
  );
}

/** A list of links with pictures, the first one large. */
export function feedCard(message) {
  const { links } = partOf(message);
  const entries = (Array.isArray(links) ? links : []).map((link, index) =>
    anchor(
      link?.messageURL,
      { class: index === 0 ? "feed-entry feed-first" : "feed-entry" },
      element("span", { class: "card-title" }, text(link?.title)),
      placeholder(),
    ),
  );
  return element("div", { class: "card" }, ...entries);
}
