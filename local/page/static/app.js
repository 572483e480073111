// Wiring: the store hears the server, the views hear the store, the address says what is open.

import { fetchState, listen, Refused, resetAll } from "./api.js";
import { Composer } from "./composer.js";
import { drawConversations, titleOf } from "./conversations.js";
import { byId } from "./dom.js";
import { currentLanguage, say, sayAll, suggestLanguage, switchLanguage } from "./language.js";
import { forget, keep, recall } from "./memory.js";
import { drawPeople, drawUnread, wirePeople } from "./people.js";
import { Store } from "./store.js";
import { StoryPanel } from "./story.js";
import { Threads } from "./threads.js";

const narrow = matchMedia("(max-width: 720px)");
const store = new Store();
const threads = new Threads(store);
const composer = new Composer(store, (message) => store.messages.has(message.id) || store.put(message));
const story = new StoryPanel(store, () => go(route().conversation));

/** The address: #conversation, or #conversation/message with that message's story. */
function route() {
  const [conversation, message] = location.hash.slice(1).split("/").map(decode);
  return { conversation: store.conversations.get(conversation)?.id ?? null, message: message || null };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

function go(conversation, message) {
  const parts = [conversation, message].filter(Boolean).map(encodeURIComponent);
  const focusBack = !message && byId("story").contains(document.activeElement);
  if (location.hash.slice(1) !== parts.join("/")) location.hash = parts.join("/");
  open();
  if (focusBack) composer.focus();
}

/** Show what the address says; on a wide screen something is always open. */
function open() {
  if (!store.ready) return;
  let { conversation: id, message } = route();
  if (!id && !narrow.matches) {
    id = startConversation();
    if (id) history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  }
  const conversation = store.conversations.get(id) ?? null;
  if (conversation && !conversation.people.includes(store.person)) store.become(conversation.people[0]);
  byId("app").dataset.view = conversation ? "chat" : "list";
  const changed = conversation?.id !== shown;
  shown = conversation?.id ?? null;
  if (conversation) keep("conversation", conversation.id);
  if (changed) threads.show(conversation);
  drawHead(conversation);
  composer.open(conversation);
  drawPeople(store, conversation);
  story.show(conversation && store.messages.has(message) ? message : null);
  look();
  if (changed && conversation && !narrow.matches && !message) composer.focus();
}

let shown = null;

function startConversation() {
  const mine = store.myConversations().map(({ conversation }) => conversation.id);
  const last = recall("conversation", null);
  return mine.includes(last) ? last : (mine[0] ?? null);
}

function drawHead(conversation) {
  byId("title").textContent = conversation ? titleOf(store, conversation) : "";
  byId("subtitle").textContent = conversation ? subtitle(conversation) : "";
  byId("model").textContent = store.model.demo ? "" : store.model.name;
  byId("demo").hidden = !store.model.demo;
  document.title = conversation ? `${conversation.title} · ${say("app")}` : say("app");
}

function subtitle(conversation) {
  const names = conversation.people.map((id) => store.nameOf(id));
  if (conversation.kind === "private") return say("privateWith", { name: names[0] });
  return say("members", { count: names.length, names: names.join(currentLanguage() === "zh" ? "、" : ", ") });
}

/** What is on the screen of somebody who looks counts as read. */
function look() {
  if (shown && document.visibilityState === "visible") store.markSeen(shown);
  drawConversations(store, shown);
  drawUnread(store);
}

function redraw() {
  sayAll(document);
  byId("language").querySelector(".rail-label").textContent = say("otherLanguage");
  byId("language").title = say("otherLanguageLabel");
  threads.forget();
  shown = null;
  open();
  story.redraw();
}

store.addEventListener("state", redraw);
store.addEventListener("person", () => {
  threads.turnSides();
  const conversation = store.conversations.get(route().conversation);
  if (conversation && !conversation.people.includes(store.person)) go(narrow.matches ? null : startConversation());
  else open();
});
store.addEventListener("message", ({ detail: { message, isNew } }) => {
  threads.put(message, isNew);
  story.changed(message);
  scheduleLook();
});

let looking = false;

/** Many messages at once draw the list once. */
function scheduleLook() {
  if (looking) return;
  looking = true;
  setTimeout(() => {
    looking = false;
    look();
  }, 50);
}

byId("threads").addEventListener("click", (event) => {
  const id = event.target.closest(".message")?.dataset.id;
  if (event.target.closest(".state")) go(shown, id);
  else if (event.target.closest(".quote")) composer.quote(store.messages.get(id));
  else if (event.target.closest(".try")) composer.submit(event.target.closest(".try").dataset.text);
});
byId("language").addEventListener("click", () => {
  switchLanguage();
  redraw();
});
byId("reset").addEventListener("click", () => byId("reset-dialog").showModal());
byId("reset-cancel").addEventListener("click", () => byId("reset-dialog").close());
byId("reset-go").addEventListener("click", async () => {
  byId("reset-dialog").close();
  forget("draft.");
  await resetAll().catch(offline);
});
addEventListener("hashchange", open);
narrow.addEventListener("change", open);
document.addEventListener("visibilitychange", look);
wirePeople(store);

/** Events that arrive while a state is being read wait for it: applied after it, they end in the latest version. */
let waiting = null;
let again = false;
const READ_AGAIN_MS = 2000;

async function readState() {
  if (waiting) {
    again = true;
    return;
  }
  waiting = [];
  try {
    const state = await fetchState();
    suggestLanguage(state.language);
    store.load(state);
    byId("offline").hidden = true;
    for (const message of waiting) store.put(message);
  } catch (problem) {
    setTimeout(readState, READ_AGAIN_MS);
    offline(problem);
  } finally {
    waiting = null;
    if (again) queueMicrotask(readState);
    again = false;
  }
}

function offline(problem) {
  byId("offline").hidden = false;
  byId("offline").textContent = say("offline");
  if (problem && !(problem instanceof Refused)) throw problem;
}

sayAll(document);
byId("offline").textContent = say("loading");
listen({
  onOpen: readState,
  onLost: offline,
  onEvent: (event) => {
    if (event.kind === "reset") readState();
    else if (event.kind === "message" && waiting) waiting.push(event.message);
    else if (event.kind === "message") store.put(event.message);
  },
});
