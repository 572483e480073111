// The menu of the kinds of messages that DingTalk sends to a robot.

import { byId, element } from "./dom.js";
import { kindLine, kindName, kindOf, sendable } from "./kinds.js";
import { say } from "./language.js";
import { wireMenuKeys } from "./menus.js";

const OWN_BUTTON = ["text", "picture"];
const PICKED = ["file", "fileWithoutCode"];

/**
 * Wire the menu. `group()` says whether the conversation is one; `onKind(kind)` takes a kind that needs words or
 * nothing; `attachment` takes what is picked; `onRecords` opens the choice of messages.
 */
export function wireKindMenu({ group, attachment, onKind, onRecords, onTrouble }) {
  const menu = byId("kind-menu");
  wireMenuKeys(menu, byId("more"));
  menu.addEventListener("beforetoggle", (event) => event.newState === "open" && draw(menu, group(), onTrouble));
  menu.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-kind]");
    if (!choice || choice.getAttribute("aria-disabled") === "true") return;
    menu.hidePopover();
    const { kind } = choice.dataset;
    if (kind === "chatRecord") onRecords();
    else if (PICKED.includes(kind)) {
      attachment.set({ kind });
      byId("any-file").click();
    } else onKind(kindOf(kind));
  });
}

async function draw(menu, group, onTrouble) {
  try {
    const kinds = (await sendable()).filter((kind) => !OWN_BUTTON.includes(kind.id));
    menu.replaceChildren(...kinds.map((kind) => choice(kind, group)));
    // Beside its button on a wide screen; the style sheet puts it at the bottom of a narrow one.
    menu.style.setProperty("--button-left", `${byId("more").getBoundingClientRect().left}px`);
    menu.style.setProperty("--button-top", `${byId("more").getBoundingClientRect().top}px`);
    menu.querySelector("button:not([aria-disabled=true])")?.focus();
  } catch (problem) {
    menu.hidePopover();
    onTrouble(problem);
  }
}

function choice(kind, group) {
  const closed = group && !kind.group;
  const hint = closed ? say("onlyPrivate") : kindLine(kind);
  return element(
    "button",
    { type: "button", role: "menuitem", "data-kind": kind.id, "aria-disabled": String(closed) },
    element("span", { class: "choice-name" }, kindName(kind.id)),
    hint !== kindName(kind.id) && element("span", { class: "choice-hint" }, hint),
  );
}
