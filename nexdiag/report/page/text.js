// Recorded text at length, lists a page at a time, folds that are filled when they open, and numbers as people read them.

const LONG = 4000;
const PAGE = 100;

// Recorded text of any length: the beginning at once, the rest on request and never silently gone.
function longText(text, kind) {
  const box = el("div", { class: `text ${kind || ""}` });
  if (text.length <= LONG * 1.2) {
    box.append(visible(text));
    return box;
  }
  const shown = el("span", {}, text.slice(0, LONG));
  const rest = (text.length - LONG).toLocaleString("en");
  const more = el("button", { type: "button", class: "more" }, `Show ${rest} more characters`);
  more.addEventListener("click", () => {
    shown.replaceChildren(visible(text));
    more.remove();
  });
  append(box, [shown, el("span", { class: "cut", "aria-hidden": "true" }, "…"), more]);
  more.addEventListener("click", () => box.querySelector(".cut").remove());
  return box;
}

// A server's words. A line that points at the one above it stays below its place; `markup.py` does the same.
function quoted(words) {
  const pieces = String(words).split(/^([^\n]*\n[ \t]*[\^~]+[ \t]*)(?:\n|$(?![^]))/m);
  return el("blockquote", {}, pieces.map((piece, place) => (place % 2 ? el("code", { class: "as-it-stands", tabindex: "0" }, piece) : piece)));
}

// A long list, a page at a time; `ready` fetches what a page needs before it is built.
function paged(container, items, build, ready) {
  let next = 0;
  const more = el("button", { type: "button", class: "more" });
  const show = async () => {
    const end = Math.min(items.length, next + PAGE);
    if (ready) await ready(items.slice(next, end));
    more.remove();
    for (; next < end; next += 1) container.append(build(items[next], next));
    if (next < items.length) {
      const left = items.length - next;
      more.textContent = `Show ${Math.min(PAGE, left)} more of ${left.toLocaleString("en")}`;
      container.append(more);
    }
  };
  more.addEventListener("click", () => show().catch(complain));
  container.whole = show().catch(complain);
  return container;
}

// A fold whose inside is only built when it is opened; what is built may have to be fetched.
function fold(label, build, options) {
  const details = el("details", { class: (options && options.class) || "fold" }, el("summary", {}, label));
  let filled = null;
  const fill = () => {
    if (!filled) filled = (async () => append(details, [await build()]))().catch(complain);
    return filled;
  };
  details.addEventListener("toggle", () => details.open && fill());
  details.unfold = () => {
    details.open = true;
    return fill();
  };
  if (options && options.open) details.unfold();
  return details;
}

// The way back from a filter.
function clearing(act) {
  return el("button", { type: "button", class: "more clear", hidden: true, onclick: act }, "Clear filters");
}

// What goes wrong here is said on the page: an empty place would look like an empty recording.
function complain(error) {
  const words = `The explorer failed: ${error.message}. The summary above stands; please report this.`;
  (document.querySelector(".explorer") || document.body).prepend(el("p", { class: "note", role: "alert" }, words));
}

function seconds(value) {
  if (!Number.isFinite(value) || value < 0 || value >= 1e9) return "?";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  const whole = Math.round(value);
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
}

function count(number, noun, nouns) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : nouns || `${noun}s`}`;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pretty(text) {
  const value = text.length < 200000 ? parsed(text) : undefined;
  return value !== null && typeof value === "object" ? JSON.stringify(value, null, 2) : text;
}

