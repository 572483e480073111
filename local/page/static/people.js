// Whom one speaks as: the square at the top left with its menu, and in groups a row above the text.

import { avatar } from "./avatar.js";
import { byId, element } from "./dom.js";
import { say } from "./language.js";
import { wireMenuKeys } from "./menus.js";

/** Wire the menu; choosing calls `store.become`. */
export function wirePeople(store) {
  const menu = byId("people-menu");
  menu.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-person]");
    if (!choice) return;
    store.become(choice.dataset.person);
    menu.hidePopover();
  });
  menu.addEventListener("beforetoggle", (event) => event.newState === "open" && drawMenu(store));
  menu.addEventListener("toggle", (event) => event.newState === "open" && menu.querySelector("[aria-checked=true]")?.focus());
  wireMenuKeys(menu, byId("me"));
  byId("speakers").addEventListener("click", (event) => {
    const choice = event.target.closest("[data-person]");
    if (choice) store.become(choice.dataset.person);
  });
}

/** Draw the menu, the square, and the row of `conversation` when it is a group. */
export function drawPeople(store, conversation) {
  const person = store.people.get(store.person);
  if (!person) return;
  const me = byId("me");
  me.querySelector(".me-avatar").replaceChildren(avatar(person.id, person.name));
  me.querySelector(".me-name").textContent = person.name;
  me.title = say("me", { name: person.name });
  drawMenu(store);
  drawUnread(store);
  drawSpeakers(store, conversation);
}

function drawMenu(store) {
  const people = [...store.people.values()];
  const choices = people.map((other) => menuChoice(store, other));
  const first = people.find(({ staffId }) => staffId)?.staffId;
  const hint = people.some(({ botAdmin }) => botAdmin) ? say("botAdminHint") : people.some(({ botAdmin }) => botAdmin === false) && first && say("botAdminNone", { staffId: first });
  byId("people-menu").replaceChildren(...choices, ...(hint ? [element("p", { class: "hint", role: "note" }, hint)] : []));
}

/** Say at the square that somebody else has unread answers. */
export function drawUnread(store) {
  const others = [...store.people.keys()].filter((id) => id !== store.person);
  byId("me").querySelector(".unread-dot").hidden = !others.some((id) => unreadOf(store, id) > 0);
}

/** Unread answers in conversations that are that person's alone. */
function unreadOf(store, person) {
  return [...store.conversations.values()]
    .filter(({ kind, people }) => kind === "private" && people.includes(person))
    .reduce((sum, { id }) => sum + store.unread(id), 0);
}

function menuChoice(store, person) {
  const unread = unreadOf(store, person.id);
  return element(
    "button",
    { type: "button", role: "menuitemradio", "data-person": person.id, "aria-checked": String(person.id === store.person) },
    avatar(person.id, person.name),
    element("span", { class: "choice-name" }, person.name, element("span", { class: "staff-id" }, person.staffId || say("externalHint"))),
    person.botAdmin && element("span", { class: "tag", title: say("botAdminHint") }, say("botAdmin")),
    person.admin && element("span", { class: "tag plain-tag", title: say("adminHint") }, say("admin")),
    !person.staffId && element("span", { class: "tag plain-tag", title: say("externalHint") }, say("external")),
    unread > 0 && element("span", { class: "badge", role: "img", "aria-label": say("unread", { count: unread }) }, String(unread)),
  );
}

function drawSpeakers(store, conversation) {
  const people = conversation?.kind === "group" ? conversation.people : [];
  const choices = people.map((id) => store.people.get(id)).filter(Boolean).map((person) =>
    element(
      "button",
      { type: "button", class: "speaker", "data-person": person.id, "aria-pressed": String(person.id === store.person) },
      avatar(person.id, person.name),
      element("span", {}, person.name),
    ),
  );
  const row = byId("speakers");
  const focused = row.contains(document.activeElement) ? document.activeElement.dataset.person : null;
  row.replaceChildren(...choices);
  row.hidden = choices.length === 0;
  if (focused) choices.find((choice) => choice.dataset.person === focused)?.focus();
}
