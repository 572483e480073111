// The kinds of messages: what they are called, and which can be sent where.

import { fetchKinds } from "./api.js";
import { currentLanguage, say } from "./language.js";
import { WORDS } from "./words.js";

let kinds = null;
let shapes = [];

/** Every kind that can be sent, as the server lists them; asked once. */
export async function sendable() {
  if (!kinds) ({ kinds, shapes = [] } = await fetchKinds());
  return kinds;
}

/** How a quote can arrive, as the server lists it. */
export async function quoteShapes() {
  await sendable();
  return shapes;
}

/** One of them; null when it is unknown, or nobody has asked yet. */
export const kindOf = (id) => kinds?.find((kind) => kind.id === id) ?? null;

/** The short name of a kind, its id when it has none. */
export function kindName(id) {
  const key = `kind${id.charAt(0).toUpperCase()}${id.slice(1)}`;
  return key in WORDS.zh ? say(key) : id;
}

/** What the server says a kind, or a shape, is. */
export const kindLine = (kind) => kind.line[currentLanguage()];
