// The head of the chat: with whom one talks, and which model answers.

import { titleOf } from "./conversations.js";
import { byId } from "./dom.js";
import { currentLanguage, say } from "./language.js";

/** Draw it for that conversation; null when none is open. */
export function drawHead(store, conversation) {
  byId("title").textContent = conversation ? titleOf(store, conversation) : "";
  byId("subtitle").textContent = conversation ? subtitle(store, conversation) : "";
  byId("model").textContent = store.model.demo ? "" : store.model.name;
  byId("tools-open").disabled = !conversation;
  byId("demo").hidden = !store.model.demo;
  byId("language").querySelector(".rail-label").textContent = say("otherLanguage");
  byId("language").title = say("otherLanguageLabel");
  document.title = conversation ? `${conversation.title} · ${say("app")}` : say("app");
}

function subtitle(store, conversation) {
  const names = conversation.people.map((id) => store.nameOf(id));
  if (conversation.kind === "private") return say("privateWith", { name: names[0] });
  return say("members", { count: names.length, names: names.join(currentLanguage() === "zh" ? "、" : ", ") });
}
