// Markdown as DingTalk's clients show it, from text that nobody trusts.

import DOMPurify from "./vendor/dompurify.js";
import markdownIt from "./vendor/markdown-it.js";
import { isMobile } from "./client.js";
import { say } from "./language.js";

/** Addresses that a link may lead to. */
export const SAFE_ADDRESS = /^(?:https?|mailto|dingtalk):/i;

// html off: tags are shown as text. breaks off: DingTalk, too, needs two blanks for a line break.
const markdown = markdownIt({ html: false, linkify: true, breaks: false });
const mobile = markdownIt({ html: false, linkify: true, breaks: false }).disable("table");
const { escapeHtml } = markdown.utils;

// A picture is shown as a link: the page loads nothing from the internet.
markdown.renderer.rules.image = mobile.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const url = escapeHtml(token.attrGet("src") ?? "");
  const label = escapeHtml(`[${say("picture")}] ${token.content}`.trim());
  return `<a class="picture" href="${url}">${label}</a>`;
};

// On a telephone code is shown as it is written, without a ground of its own
// (reported in soimy/openclaw-channel-dingtalk#533, and so are tables).
const asWritten = (text) => escapeHtml(text.trimEnd()).replaceAll("\n", "<br>");
mobile.renderer.rules.fence = mobile.renderer.rules.code_block = (tokens, index) => {
  const { markup, info, content } = tokens[index];
  const lines = markup ? [`${markup}${info}`, content.trimEnd(), markup] : [content];
  return `<p class="as-written">${asWritten(lines.join("\n"))}</p>`;
};
mobile.renderer.rules.code_inline = (tokens, index) => asWritten(`\`${tokens[index].content}\``);

// Alignment comes as an inline style, which the page's security policy forbids.
for (const rule of ["th_open", "td_open"]) {
  markdown.renderer.rules[rule] = (tokens, index, options, _env, renderer) => {
    const alignment = /(?:right|center)/.exec(tokens[index].attrGet("style") ?? "");
    tokens[index].attrs = alignment ? [["class", `to-${alignment[0]}`]] : null;
    return renderer.renderToken(tokens, index, options);
  };
}

const ALLOWED = {
  ALLOWED_TAGS: [
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["class", "href", "start", "title"],
  ALLOWED_URI_REGEXP: SAFE_ADDRESS,
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  }
  // What scrolls can be reached with the keyboard.
  if (node.tagName === "PRE" || node.tagName === "TABLE") node.setAttribute("tabindex", "0");
});

/** The document fragment that shows `text`: no script, no style, no picture, no form can be in it. */
export const rendered = (text) => DOMPurify.sanitize((isMobile() ? mobile : markdown).render(text), ALLOWED);
