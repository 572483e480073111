// Choosing the messages that are forwarded together.

import { byId, element } from "./dom.js";
import { clockTime, say } from "./language.js";
import { excerpt } from "./message.js";

const LATEST = 50;

/** Ask which messages of a conversation are forwarded; `onChosen` gets their ids, none when nothing was chosen. */
export function chooseRecords(store, conversation, onChosen) {
  const dialog = byId("records-dialog");
  const messages = store.messagesOf(conversation.id).slice(-LATEST);
  byId("records").replaceChildren(...messages.map((message) => entry(store, message)));
  byId("records-go").onclick = () => {
    dialog.close();
    onChosen([...byId("records").querySelectorAll("input:checked")].map((box) => box.value));
  };
  byId("records-cancel").onclick = () => dialog.close();
  dialog.showModal();
  byId("records").scrollTop = byId("records").scrollHeight;
}

function entry(store, message) {
  const text = excerpt(store, message);
  return element(
    "li",
    {},
    element(
      "label",
      {},
      element("input", { type: "checkbox", value: message.id }),
      element("span", { class: "record-said" }, say("saidBy", { name: store.nameOf(message.from), text })),
      element("time", { class: "record-at" }, clockTime(message.at)),
    ),
  );
}
