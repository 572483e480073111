// What stands in a bubble, for every kind of message that people and robots send.

import { actionCard, feedCard, linkCard, streamingCard } from "./cards.js";
import { element, icon } from "./dom.js";
import { kindName } from "./kinds.js";
import { say } from "./language.js";
import { rendered } from "./markdown.js";

const plain = (text) => element("p", { class: "plain" }, text ?? "");

/** The kinds of the robot, which posts JSON; whatever else arrives is named and shown as text. */
const ROBOT = {
  text: (message) => plain(message.text),
  markdown: (message) => rendered(message.text),
  link: linkCard,
  actionCard,
  feedCard,
  card: streamingCard,
};

/** The kinds of people. */
const PEOPLE = {
  text: (message) => plain(message.text),
  topLevelContent: (message) => plain(message.text),
  contentAsString: (message) => plain(message.text),
  picture: (message, name) => picture(message, name),
  richText: (message, name) => element("div", {}, plain(message.text), picture(message, name)),
  audio: voice,
  video: () => labelledBox("play", say("kindVideo")),
  file: (message) => labelledBox("file", message.name || message.text || say("kindFile")),
  fileWithoutCode: (message) => labelledBox("file", message.name || message.text || say("kindFile"), say("kindFileWithoutCode")),
  chatRecord: record,
  quota: () => labelledBox("alert", say("kindQuota"), say("quotaUsedUp")),
  unknownMsgType: () => labelledBox("alert", say("kindUnknownMsgType"), say("unsupported")),
};

/** The content of a message; `name` is that of who sent it. */
export function content(message, name) {
  const views = message.from === "bot" ? ROBOT : PEOPLE;
  return (Object.hasOwn(views, message.kind) ? views[message.kind] : otherKind)(message, name);
}

/** What stands for a message without words, in lists and quotes: "[Picture]". */
export function substitute(message) {
  return message.kind === "text" || message.kind === "markdown" ? "" : `[${message.name || kindName(message.kind)}]`;
}

function otherKind(message) {
  const sentence = message.from === "bot" ? say("otherKind", { kind: message.kind }) : kindName(message.kind);
  return element("div", {}, element("p", { class: "other-kind" }, sentence), plain(message.text));
}

function picture(message, name) {
  if (!message.media?.startsWith("/api/media/")) return labelledBox("picture", say("kindPicture"));
  return element("img", { class: "photo", src: message.media, alt: say("pictureOf", { name }), loading: "lazy" });
}

function voice(message) {
  const said = message.text.trim();
  return element(
    "div",
    {},
    element("p", { class: "voice" }, icon("voice"), say("voice")),
    said ? plain(message.text) : element("p", { class: "other-kind" }, say("noRecognition")),
  );
}

function record(message) {
  const lines = message.text.split("\n").filter((line) => line.trim());
  return element(
    "div",
    { class: "record" },
    element("p", { class: "record-title" }, say("kindChatRecord")),
    ...lines.map((line) => element("p", { class: "record-line" }, line)),
  );
}

function labelledBox(sign, label, hint) {
  return element(
    "div",
    { class: "boxed" },
    icon(sign),
    element("div", {}, element("p", {}, label), hint && element("p", { class: "other-kind" }, hint)),
  );
}
