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
  byId("people-menu").replaceChildren(...[...store.people.values()].map((other) => menuChoice(store, other)));
  drawUnread(store);
  drawSpeakers(store, conversation);
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
    element("span", { class: "choice-name" }, person.name),
    person.admin && element("span", { class: "tag" }, say("admin")),
    !person.staffId && element("span", { class: "tag", title: say("externalHint") }, say("external")),
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
