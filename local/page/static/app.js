// Wiring: the store hears the server, the views hear the store, the address says what is open.

import { fetchState, listen, Refused, resetAll } from "./api.js";
import { wireClient } from "./client.js";
import { Composer } from "./composer.js";
import { drawConversations } from "./conversations.js";
import { byId } from "./dom.js";
import { drawHead } from "./head.js";
import { say, sayAll, suggestLanguage, switchLanguage } from "./language.js";
import { forget, keep, recall } from "./memory.js";
import { drawPeople, drawUnread, wirePeople } from "./people.js";
import { address, addressed, leave, noteWay, readdress, startWay, TOOLS } from "./route.js";
import { Store } from "./store.js";
import { StoryPanel } from "./story.js";
import { Threads } from "./threads.js";
import { ToolsPanel } from "./tools.js";

const narrow = matchMedia("(max-width: 720px)");
const store = new Store();
const threads = new Threads(store);
const composer = new Composer(store, (message) => store.messages.has(message.id) || store.put(message));
const story = new StoryPanel(store, () => go(shown));
const tools = new ToolsPanel(store, () => go(shown));
let shown = null;

function go(conversation, place) {
  const focusBack = !place && document.activeElement?.closest(".panel");
  // On a telephone a panel is a screen of its own: Back must not bring it again once it was closed, nor the one before.
  const ofPanel = narrow.matches && addressed().place && conversation === shown;
  let onItsWay = false;
  if (!ofPanel) address(conversation, place);
  else if (place) readdress(conversation, place);
  else onItsWay = leave(conversation);
  if (!onItsWay) open();
  if (focusBack) composer.focus();
}

/** Show what the address says; on a wide screen something is always open. */
function open(focus = true) {
  if (!store.ready) return;
  const { conversation: named, place } = addressed();
  let conversation = store.conversations.get(named) ?? null;
  if (!conversation && !narrow.matches) {
    conversation = startConversation();
    if (conversation) readdress(conversation.id);
  }
  if (conversation && !conversation.people.includes(store.person)) store.become(conversation.people[0]);
  byId("app").dataset.view = conversation ? "chat" : "list";
  const changed = (conversation?.id ?? null) !== shown;
  shown = conversation?.id ?? null;
  if (conversation) keep("conversation", conversation.id);
  if (changed) threads.show(conversation);
  look();
  drawHead(store, conversation);
  composer.open(conversation);
  drawPeople(store, conversation);
  openPanel(conversation, place);
  if (focus && changed && conversation && !narrow.matches && !place) composer.focus();
}

function openPanel(conversation, place) {
  const message = conversation && store.messages.has(place) ? place : null;
  const withTools = Boolean(conversation) && place === TOOLS;
  byId("app").classList.toggle("with-panel", Boolean(message) || withTools);
  story.show(message);
  tools.show(withTools, conversation);
}

function startConversation() {
  const mine = store.myConversations().map(({ conversation }) => conversation);
  const last = recall("conversation", null);
  return mine.find(({ id }) => id === last) ?? mine[0] ?? null;
}

/** What is on the screen of somebody who looks counts as read. */
function look() {
  if (shown && document.visibilityState === "visible") store.markSeen(shown);
  drawConversations(store, shown);
  drawUnread(store);
}

function redraw(focus) {
  sayAll(document);
  tools.redraw();
  redrawMessages(focus);
  story.redraw();
}

function redrawMessages(focus = false) {
  threads.forget();
  shown = null;
  open(focus);
}

store.addEventListener("state", () => redraw(true));
store.addEventListener("person", () => {
  threads.turnSides();
  const conversation = store.conversations.get(addressed().conversation);
  if (conversation && !conversation.people.includes(store.person)) go(narrow.matches ? null : startConversation()?.id);
  else open();
});
store.addEventListener("message", ({ detail: { message, isNew } }) => {
  threads.put(message, isNew);
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

// What is on the screen counts as read before the menu says what is not: a look may still be on its way.
byId("people-menu").addEventListener("beforetoggle", look, { capture: true });

byId("threads").addEventListener("click", (event) => {
  const id = event.target.closest(".message")?.dataset.id;
  if (event.target.closest(".state")) go(shown, id);
  else if (event.target.closest(".quote")) composer.quote(store.messages.get(id));
  else if (event.target.closest(".try")) composer.submit(event.target.closest(".try").dataset.text);
});
byId("tools-open").addEventListener("click", () => go(shown, byId("tools").hidden ? TOOLS : null));
wireClient(() => redrawMessages());
byId("language").addEventListener("click", () => {
  switchLanguage();
  redraw(false);
});
byId("reset").addEventListener("click", () => {
  const { folder, kept } = store.bucket;
  byId("reset-body").textContent = say(kept ? "resetBodyKept" : "resetBody");
  byId("reset-folder").textContent = folder && say("resetFolder", { folder });
  byId("reset-go").textContent = say(kept ? "reset" : "resetGo");
  byId("reset-dialog").showModal();
});
byId("reset-cancel").addEventListener("click", () => byId("reset-dialog").close());
byId("reset-go").addEventListener("click", async () => {
  byId("reset-dialog").close();
  forget("draft.");
  await resetAll().catch(offline);
});
document.querySelector(".back").addEventListener("click", (event) => {
  event.preventDefault();
  if (!leave(null)) open();
});
addEventListener("hashchange", (event) => {
  noteWay(event);
  open();
});
narrow.addEventListener("change", () => open());
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
    waiting.forEach(apply);
  } catch (problem) {
    setTimeout(readState, READ_AGAIN_MS);
    offline(problem);
  } finally {
    waiting = null;
    if (again) queueMicrotask(readState);
    again = false;
  }
}

function apply(event) {
  if (event.kind === "message") {
    store.put(event.message);
    // Its story can have grown while the message itself stays as it was.
    story.changed(event.message);
  } else if (store.ready) store.setTools(event);
}

function offline(problem) {
  byId("offline").hidden = false;
  byId("offline").textContent = say("offline");
  if (problem && !(problem instanceof Refused)) throw problem;
}

startWay();
sayAll(document);
byId("offline").textContent = say("loading");
listen({
  onOpen: readState,
  onLost: offline,
  onEvent: (event) => {
    if (event.kind === "reset") readState();
    else if (waiting) waiting.push(event);
    else apply(event);
  },
});
