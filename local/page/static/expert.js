// What an expert alters in the callback: how a quote arrives, fields that are replaced, fields that are left out.

import { byId, element } from "./dom.js";
import { kindLine, quoteShapes } from "./kinds.js";
import { say } from "./language.js";

/** Wire the fold. `onTrouble` is told when the server does not list the shapes. */
export function wireExpert(onTrouble) {
  byId("expert").addEventListener("toggle", () => drawExpert().catch(onTrouble));
}

/** Draw what depends on the language, and on what the server knows. */
export async function drawExpert() {
  if (!byId("expert").open) return;
  const select = byId("expert-shape");
  const chosen = select.value;
  const options = (await quoteShapes()).map((shape) => element("option", { value: shape.id }, `${shape.id} · ${kindLine(shape)}`));
  select.replaceChildren(element("option", { value: "" }, say("expertShapeDefault")), ...options);
  select.value = chosen;
}

/** What is to be altered: {quoteShape?, change?, drop?}, null while the fold is closed. Throws a SyntaxError. */
export function altered() {
  if (!byId("expert").open) return null;
  const found = {};
  const change = byId("expert-change").value.trim();
  const drop = byId("expert-drop").value.split(/[\s,，]+/).filter(Boolean);
  if (byId("expert-shape").value) found.quoteShape = byId("expert-shape").value;
  if (change) found.change = asObject(change);
  if (drop.length) found.drop = drop;
  return found;
}

function asObject(text) {
  const value = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("not an object");
  return value;
}
