// Which of DingTalk's clients the chat imitates: the telephone's shows tables and code as plain text.

import { byId } from "./dom.js";
import { keep, recall } from "./memory.js";

/** Whether messages are shown as on a telephone. */
export const isMobile = () => recall("client", "pc") === "mobile";

/** Wire the two buttons; `onChange` draws the messages anew. */
export function wireClient(onChange) {
  byId("client").addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-client]")?.dataset.client;
    if (!chosen || (chosen === "mobile") === isMobile()) return;
    keep("client", chosen);
    drawClient();
    onChange();
  });
  drawClient();
}

function drawClient() {
  for (const button of byId("client").children) button.setAttribute("aria-pressed", String((button.dataset.client === "mobile") === isMobile()));
  byId("threads").classList.toggle("as-mobile", isMobile());
}
