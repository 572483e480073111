// What is sent for what was written and attached.

import { kindOf } from "./kinds.js";

const QUOTING = ["text", "richText"];
const WORDLESS = ["picture", "file", "fileWithoutCode"];

/** Whether a kind goes without words. */
const wordless = (kind) => WORDLESS.includes(kind) || kindOf(kind)?.text === "none";

/** Whether a draft lacks the words that its kind needs. */
export const lacksWords = (draft) => kindOf(draft.kind)?.text === "needed" && !draft.text.trim();

/**
 * The drafts of `text` and `attached` (or null), in `place`: {conversation, person, robot, mention, quote}.
 * A picture with words is one message; a file with words is two, as in DingTalk.
 */
export function draftsOf(text, attached, place) {
  if (!attached) return text.trim() ? [draftOf(text, {}, place)] : [];
  if (attached.kind === "picture" && text.trim()) return [draftOf(text, { ...attached, kind: "richText" }, place)];
  if (!wordless(attached.kind)) return [draftOf(text, attached, place)];
  return [draftOf("", attached, place), ...(text.trim() ? [draftOf(text, {}, place)] : [])];
}

/**
 * One draft. In a group, a typed @robot counts as a mention and is taken out of the words. `altered` ({quoteShape?,
 * change?, drop?}) is what an expert wants to be different.
 */
export function draftOf(text, attached, { conversation, person, robot, mention, quote, altered }) {
  const { quoteShape, ...changes } = altered ?? {};
  const draft = { conversation: conversation.id, person, text, ...attached, ...changes };
  if (conversation.kind === "group") {
    const typed = `@${robot}`;
    const named = text.trimStart().startsWith(typed);
    draft.mention = named || mention;
    if (named) draft.text = text.trimStart().slice(typed.length).trimStart() || " ";
  }
  if (quote && QUOTING.includes(draft.kind ?? "text")) Object.assign(draft, { quote }, quoteShape && { quoteShape });
  return draft;
}
