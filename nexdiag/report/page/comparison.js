// What differs in one row of a comparison: each difference with its place, its two values or its words, and, on
// request, both exchanges as they were recorded, side by side.

const FIRST_SHOWN = 40;

// Words that were and words that are; what is left out is counted.
function worded(pieces) {
  return el("p", { class: "words" }, pieces.map(([kind, text]) => {
    if (kind === "same") return longText(text);
    if (kind === "left out") return el("span", { class: "left-out" }, `… ${text.length.toLocaleString("en")} characters that are the same …`);
    return el(kind === "removed" ? "del" : "ins", {}, el("span", { class: "sr" }, kind === "removed" ? "[was: " : "[is: "), longText(text), el("span", { class: "sr" }, "]"));
  }));
}

function side(name, value, absent) {
  const inside = absent ? el("p", { class: "nothing" }, "not there") : longText(value, "wire");
  return el("div", { class: `side ${name}` }, el("p", { class: "kicker" }, name === "was" ? "− left" : "+ right"), inside);
}

// Where the texts of a difference stand: values and words that many rows carry are in the file once.
function textsOf(one) {
  return [one.left, one.right, one.words];
}

function differenceCard(blocks, one) {
  const [left, right, words] = textsOf(one).map((number) => (number === null ? null : blocks.entry("texts", number)));
  const notes = [one.quiet && "without weight here", one.inherited && "carried on from an earlier row"].filter(Boolean);
  const head = el("p", { class: "difference-name" }, el("span", { class: "aspect" }, one.aspect || "value"), pointerLine(one.pointer || "(the whole)"), el("span", { class: "facts" }, [one.kind, ...notes].join(" · ")));
  const values = () => el("div", { class: "pair" }, side("was", left, left === null), side("is", right, right === null));
  if (words === null) return el("article", { class: "difference" }, head, values());
  return el("article", { class: "difference" }, head, worded(parsed(words)), fold("both values", values));
}

// The exchange of one side, if that side has one.
async function sideDetail(model, place) {
  if (!place) return el("p", { class: "nothing" }, "There is none on this side.");
  const at = place.exchange !== null && model.turnOf.has(place.exchange) ? model.turnOf.get(place.exchange) : model.columns.number.findIndex((number, turn) => number === place.turn && model.session(turn) === place.session);
  if (at < 0) return el("p", { class: "nothing" }, "This side of the recording is not in the file.");
  const turn = await model.turn(at);
  const exchange = turn.exchanges.find((one) => one.id === place.exchange);
  return exchange ? exchangeCard(model, exchange, true) : turnDetail(model, turn, null);
}

function sideBySide(sides, row) {
  const inside = async () => {
    const models = await Promise.all(sides.map((_, at) => load(at + 1)));
    const details = await Promise.all([row.left, row.right].map((place, at) => sideDetail(models[at], place)));
    return el("div", { class: "pair both" }, details.map((detail, at) => el("section", { "aria-label": at ? "Right" : "Left" }, el("h4", {}, oneLine(`${at ? "+" : "−"} ${sides[at]}`, 90)), detail)));
  };
  return fold("Both, as recorded", inside, { class: "fold as-recorded" });
}

function rowDetail(blocks, sides, row, place, first) {
  const own = row.differences.filter((one) => !one.inherited);
  const carried = row.differences.filter((one) => one.inherited);
  const card = (one) => differenceCard(blocks, one);
  const ready = (several) => blocks.ready("texts", several.flatMap(textsOf));
  const list = (several, fetch) => paged(el("div", { class: "differences-of-row" }), several, card, fetch);
  const box = el("article", { class: "turn", "data-row": place });
  box.append(el("header", { class: "turn-head" }, el("h3", { tabindex: "-1" }, row.title || row.where), place === first && el("span", { class: "badge is-error first" }, icon("≠"), "first divergence"), el("span", { class: "facts" }, row.where)));
  if (row.consequence) box.append(el("p", { class: "note" }, "Nothing here is new: it differs only in what an earlier row brought about."));
  if (!own.length && !carried.length) box.append(el("p", { class: "nothing" }, "Nothing differs here."));
  box.append(list(own, own.length > PAGE ? ready : null));
  const more = row.carried > carried.length ? `, ${row.carried - carried.length} more not kept` : "";
  if (carried.length) box.append(fold(`${count(carried.length, "difference")} carried on from earlier rows${more}`, () => list(carried, ready)));
  box.append(sideBySide(sides, row));
  return box;
}
