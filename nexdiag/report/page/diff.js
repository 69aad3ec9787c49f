// The page of a comparison: both recordings row beside row, the first divergence in sight, what it brought about folded.
// The state is in the fragment: #row-12?find=tools&all=1 is a link that can be shared.

const live = document.getElementById("live");
const HEIGHT = 50;
const KINDS_TOLD = { same: ["=", "the same"], changed: ["≠", "differs"], removed: ["−", "left only"], added: ["+", "right only"] };
const view = { chosen: -1, all: false, same: true, words: "", boxes: {} };

function say(words) {
  live.textContent = words;
}

// What the rows are filtered by goes along wherever one goes.
function withFilter(hash) {
  const told = new URLSearchParams();
  if (view.words) told.set("find", view.words);
  if (view.all) told.set("all", "1");
  if (!view.same) told.set("same", "0");
  return told.size ? `${hash}?${told}` : hash;
}

// The filter has changed: the address tells of it, and nothing else moves.
function noted() {
  const told = withFilter(location.hash.split("?", 1)[0] || `#row-${Math.max(view.chosen, 0) + 1}`);
  if (told !== location.hash && (told.includes("?") || location.hash.includes("?"))) history.replaceState(null, "", told);
}

function restore(words) {
  choose({ all: words.get("all") === "1", same: words.get("same") !== "0", words: words.get("find") || "" });
}

function choose(chosen) {
  Object.assign(view, chosen);
  for (const [name, box] of Object.entries(view.boxes)) box.checked = view[name];
  if (view.field.value !== view.words) view.field.value = view.words;
  refresh();
}

function go(hash) {
  const whole = withFilter(hash);
  if (location.hash === whole) route().catch(complain);
  else location.hash = whole;
}

function cell(text, kind) {
  return el("span", { class: `cell ${kind}` }, text === null ? "" : oneLine(text, 140));
}

function compared(index, at) {
  const { kind, title, left, right, consequence, weight, aspects } = index.rows;
  const first = index.first === at;
  const [mark, words] = KINDS_TOLD[kind[at]];
  const facts = first ? "first divergence" : consequence[at] ? "follows" : weight[at] ? count(weight[at], "difference") : kind[at] === "same" ? "" : "without weight";
  return el(
    "div",
    { class: `compared is-${kind[at]}${first ? " is-first" : ""}${consequence[at] ? " follows" : ""}`, "data-row": at },
    cell(left[at], "was"),
    el("span", { class: "mark" }, icon(mark), el("span", { class: "sr" }, words)),
    cell(right[at], "is"),
    el("span", { class: "about" }, el("b", {}, title[at]), el("span", { class: "facts" }, [facts, aspects[at]].filter(Boolean).join(" · "))),
  );
}

function shownRows(index) {
  const { kind, consequence, title, aspects } = index.rows;
  const wanted = view.words.toLowerCase();
  const fits = (at) => (view.all || !consequence[at]) && (view.same || kind[at] !== "same") && (!wanted || `${title[at]} ${aspects[at]}`.toLowerCase().includes(wanted));
  return kind.map((_, at) => at).filter(fits);
}

async function route() {
  const { index, rows, detail, blocks } = view;
  const [place, filter] = location.hash.split("?");
  if (filter !== undefined && withFilter(place) !== location.hash) restore(new URLSearchParams(filter));
  const told = /^#run-([12])\/finding-(\d+)$/.exec(place);
  if (told) return showFinding(Number(told[1]), Number(told[2]) - 1);
  const asked = /^#row-(\d+)$/.exec(place);
  const wanted = asked ? Number(asked[1]) - 1 : index.first === null ? 0 : index.first;
  const at = Math.min(Math.max(0, wanted), index.rows.kind.length - 1);
  if (at < 0) return undefined;
  if (!rows.entries.includes(at)) {
    choose({ all: true, same: true, words: "" });
  }
  view.chosen = at;
  rows.choose(at);
  await blocks.ready("rows", [at]);
  const row = blocks.entry("rows", at);
  await blocks.ready("texts", row.differences.flatMap((one) => (one.inherited ? [] : textsOf(one))));
  if (view.chosen !== at) return undefined;
  detail.replaceChildren(rowDetail(blocks, index.sides, row, at, index.first));
  if (asked) rows.sight();
  say(`Row ${at + 1} of ${index.rows.kind.length}, ${KINDS_TOLD[index.rows.kind[at]][1]}${at === index.first ? ", first divergence" : ""}`);
  return undefined;
}

async function showFinding(run, number) {
  const { exchange } = (await load(run)).findings[number] || {};
  const at = view.index.rows[run === 1 ? "leftExchange" : "rightExchange"].indexOf(exchange === undefined ? null : exchange);
  if (at >= 0) go(`#row-${at + 1}`);
}

function refresh() {
  const entries = shownRows(view.index);
  view.rows.show(entries);
  if (view.chosen >= 0) view.rows.choose(view.chosen);
  view.clear.hidden = !(view.words || !view.same);
  view.hides.hidden = view.chosen < 0 || entries.includes(view.chosen);
  const all = view.index.rows.kind.length;
  const folded = view.all ? 0 : view.index.rows.consequence.filter(Boolean).length;
  noted();
  view.told.textContent = `${entries.length === all ? count(all, "row") : `${entries.length.toLocaleString("en")} of ${count(all, "row")}`}${folded ? `; ${folded.toLocaleString("en")} that only follow are folded` : ""}`;
}

function toggle(words, name) {
  const box = el("input", { type: "checkbox" });
  box.checked = view[name];
  box.addEventListener("change", () => choose({ [name]: box.checked }));
  view.boxes[name] = box;
  return el("label", { class: "toggle" }, box, words);
}

function stride(by) {
  const { index } = view;
  const news = index.rows.kind.map((_, at) => at).filter((at) => index.rows.weight[at] && !index.rows.consequence[at]);
  if (!news.length) return say("Nothing of weight differs");
  const next = by > 0 ? news.find((at) => at > view.chosen) : news.findLast((at) => at < view.chosen);
  return go(`#row-${(next === undefined ? news[by > 0 ? 0 : news.length - 1] : next) + 1}`);
}

async function begin() {
  const box = document.querySelector(".explorer");
  const blocks = new Blocks(0);
  const index = await blocks.whole("index");
  blocks.sizes = index.sizes;
  if (!index.rows.kind.length) return;
  const rows = new Rows({ label: "Left and right, row by row", height: HEIGHT, build: (at) => compared(index, at), pick: (at) => go(`#row-${at + 1}`) });
  const field = el("input", { type: "search", class: "search", "aria-label": "Filter the rows by their words" });
  field.placeholder = "Filter rows  /";
  field.addEventListener("input", () => choose({ words: field.value }));
  const told = el("p", { class: "counted", role: "status" });
  const detail = el("div", { class: "turn-detail", "aria-label": "Row", role: "region" });
  const clear = clearing(() => choose({ same: true, words: "" }));
  const hides = el("p", { class: "note", hidden: true }, "The row below is not among those that the filter shows.");
  Object.assign(view, { index, rows, field, told, detail, blocks, clear, hides });
  const head = el("div", { class: "compared heads", "aria-hidden": "true" }, cell(`− ${index.sides[0]}`, "was"), el("span", { class: "mark" }), cell(`+ ${index.sides[1]}`, "is"), el("span", { class: "about" }, "what, and how it differs"));
  box.replaceChildren(el("h2", { class: "sr" }, "Both recordings, row by row"), el("div", { class: "bar-of-rows", role: "search" }, field, toggle("what only follows", "all"), toggle("what is the same", "same"), clear, told), head, rows.box, hides, detail);
  const filter = location.hash.split("?")[1];
  restore(new URLSearchParams(filter || ""));
  await route();
  requestAnimationFrame(() => setTimeout(() => performance.mark("first-rows")));
}

const help = helpOf([
  ["j k", "next and previous row; in the list also ↓ ↑ PgDn PgUp Home End"],
  ["d D", "next and previous divergence"],
  ["/", "filter the rows"],
  ["Esc", "leave the filter; all rows are shown again"],
  ["?", "this page"],
]);
const ACTS = {
  j: () => view.rows.stride(1),
  k: () => view.rows.stride(-1),
  d: () => stride(1),
  D: () => stride(-1),
  n: () => stride(1),
  p: () => stride(-1),
  "/": () => view.field.focus(),
  "?": () => help.showModal(),
  Escape: () => {
    view.field.blur();
    choose({ words: "" });
  },
};
document.documentElement.classList.add("scripted");
document.addEventListener("keydown", (event) => view.rows && onKey(ACTS, event));
window.addEventListener("hashchange", () => view.rows && route().catch(complain));
window.addEventListener("resize", () => view.rows && view.rows.draw());
begin().catch(complain);
