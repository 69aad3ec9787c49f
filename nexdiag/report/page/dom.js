// Elements, recorded text and numbers. The one law: recorded text becomes text nodes, never markup or attributes
// that load or run. What a reader could not see is shown as a sign; `visible.py` holds the same table.

const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e01ef}]/gu;
const HIDDEN_RUN = new RegExp(`(?:${HIDDEN.source})+`, "gu");
const CONTROLS = { 0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0d: "CR", 0x1b: "ESC", 0x7f: "DEL" };
const SVG = "http://www.w3.org/2000/svg";

function sign(character) {
  const number = character.codePointAt(0);
  return `⟨${CONTROLS[number] || `U+${number.toString(16).toUpperCase().padStart(4, "0")}`}⟩`;
}

// Text in which each hidden character is a marked sign.
function visible(given) {
  const text = String(given);
  const fragment = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(HIDDEN_RUN)) {
    if (match.index > from) fragment.append(text.slice(from, match.index));
    fragment.append(el("span", { class: "hidden-sign" }, plainVisible(match[0])));
    from = match.index + match[0].length;
  }
  fragment.append(text.slice(from));
  return fragment;
}

function plainVisible(text) {
  return String(text).replace(HIDDEN, sign);
}

function oneLine(text, limit) {
  const flat = plainVisible(String(text).slice(0, limit + 1)).replace(/\n/g, "⏎").replace(/\t/g, " ");
  return flat.length > limit ? flat.slice(0, limit - 1) + "…" : flat;
}

// Of long words the beginning and the end: an exception has its reason in the end.
function bothEnds(words, limit) {
  const text = String(words);
  const tail = Math.floor((limit * 2) / 3);
  return text.length > limit ? `${text.slice(0, limit - tail - 3)} … ${text.slice(-tail)}` : text;
}

const SAFE = /^(class|id|role|type|open|hidden|tabindex|title|lang|scope|href|aria-[a-z]+|data-[a-z]+)$/;

function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (!SAFE.test(key)) throw new Error(`attribute ${key} is not in use`);
    else if (key === "href" && !String(value).startsWith("#")) throw new Error("links stay on the page");
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of [children].flat(5)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : visible(child));
  }
}

function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  for (const child of children) element.append(child instanceof Node ? child : plainVisible(child));
  return element;
}

const ICONS = { error: "✗", warning: "▲", info: "●" };

function icon(sign) {
  return el("span", { class: "icon", "aria-hidden": "true" }, sign);
}

function badge(severity) {
  return el("span", { class: `badge is-${severity in ICONS ? severity : "info"}` }, icon(ICONS[severity] || "●"), severity);
}
