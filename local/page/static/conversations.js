// The list at the left: the conversations of whom one speaks as.

import { avatar, groupAvatar } from "./avatar.js";
import { byId, element } from "./dom.js";
import { say, shortTime } from "./language.js";
import { excerpt } from "./message.js";

/** Draw the list; `current` is the conversation that is open. */
export function drawConversations(store, current) {
  const entries = store.myConversations().map((entry) => listEntry(store, entry, current));
  byId("conversations").replaceChildren(...entries);
}

/** The name under which a conversation appears: a private one is called like the robot. */
export const titleOf = (store, conversation) =>
  conversation.kind === "group" ? conversation.title : store.robot.name;

function listEntry(store, { conversation, last }, current) {
  const group = conversation.kind === "group";
  const people = conversation.people.map((id) => store.people.get(id)).filter(Boolean);
  const unread = store.unread(conversation.id);
  const link = element(
    "a",
    { href: `#${encodeURIComponent(conversation.id)}`, class: "entry-link" },
    group ? groupAvatar(people) : avatar("bot"),
    element("span", { class: "entry-title" }, titleOf(store, conversation)),
    element("span", { class: "entry-time" }, last ? shortTime(last.at) : ""),
    element("span", { class: "entry-last" }, last ? lastLine(store, last, group) : say("emptyConversation")),
    unread > 0 && element("span", { class: "badge", role: "img", "aria-label": say("unread", { count: unread }) }, String(Math.min(unread, 99))),
  );
  if (conversation.id === current) link.setAttribute("aria-current", "page");
  return element("li", {}, link);
}

function lastLine(store, last, group) {
  const text = excerpt(store, last);
  return group || last.from !== "bot" ? say("saidBy", { name: store.nameOf(last.from), text }) : text;
}
