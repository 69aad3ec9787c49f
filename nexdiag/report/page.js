// The explorer: one run at a time, a list of its turns, one turn in detail. All state is in the URL's fragment:
// #run-2/turn-3/exchange-4/message-6 and #run-2/finding-1 are links that can be shared.

const ROW = 68;
const SPARE = 8;
const RANK = { error: 3, warning: 2, info: 1 };
const NAMES = { answered: "answered", failed: "failed", cancelled: "cancelled", unfinished: "unfinished" };

const sections = [...document.querySelectorAll("section.run")];
const live = document.getElementById("live");
const models = new Map();
const state = { run: 0, turn: null, finding: -1, model: null, view: null };

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// The run's JSON is read when the run is first opened, and its element goes, so that it is held once.
async function load(run) {
  if (models.has(run)) return models.get(run);
  const holder = document.getElementById(`nexdiag-run-${run}`);
  const packed = holder.dataset.packed === "gzip";
  const value = JSON.parse(packed ? await unpack(holder.textContent) : holder.textContent);
  holder.remove();
  const model = makeModel(value, run);
  models.set(run, model);
  return model;
}

function makeModel(value, run) {
  const model = { ...value, hash: `#run-${run}`, byLink: new Map(), byExchange: new Map(), turnOf: new Map() };
  model.text = (number) => model.texts[number];
  model.chain = (link) => {
    const chain = [];
    for (let at = link; at !== null && at >= 0; at = model.links[at][0]) chain.push(at);
    return chain.reverse();
  };
  model.turns.forEach((turn, at) => turn.exchanges.forEach((id) => model.turnOf.set(id, at)));
  model.ofTurn = new Map();
  model.findings.forEach((finding, number) => {
    const place = finding.place;
    if (place.exchange !== null) gather(model.byExchange, place.exchange, number);
    if (finding.link !== null) gather(model.byLink, finding.link, number);
    const at = place.exchange !== null ? model.turnOf.get(place.exchange) : model.turns.findIndex((turn) => turn.key === place.turn);
    finding.at = place.kind === "run" || at === undefined || at < 0 ? null : at;
    if (finding.at !== null) gather(model.ofTurn, finding.at, number);
  });
  model.placed = (exchange, kind, test) =>
    (model.byExchange.get(exchange) || []).filter((number) => {
      const place = model.findings[number].place;
      return place.kind === kind && (!test || test(place));
    });
  model.worst = (turn) => worstOf(model, model.ofTurn.get(model.turns.indexOf(turn)) || []);
  return model;
}

function gather(map, key, entry) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(entry);
}

function worstOf(model, numbers) {
  let worst = null;
  for (const number of numbers) {
    const severity = model.findings[number].severity;
    if (!worst || (RANK[severity] || 0) > (RANK[worst] || 0)) worst = severity;
  }
  return worst in RANK ? worst : worst && "info";
}

// ---- the fragment

function parseHash() {
  const parts = Object.fromEntries(
    decodeURIComponent(location.hash.slice(1)).split("/").map((part) => part.split("-")).filter((pair) => pair.length === 2),
  );
  const number = (name) => (/^\d+$/.test(parts[name] || "") ? Number(parts[name]) : null);
  return { run: number("run"), turn: parts.turn || null, exchange: number("exchange"), message: number("message"), finding: number("finding") };
}

function go(hash) {
  if (location.hash === hash) follow();
  else location.hash = hash;
}

function turnHash(model, at) {
  return `${model.hash}/turn-${model.turns[at].key}`;
}

// What goes wrong here is said on the page: an empty place would look like an empty recording.
function follow() {
  route().catch((error) => {
    const section = sections[state.run - 1] || sections[0];
    const words = `The explorer failed: ${error.message}. The summary above stands; please report this.`;
    if (section) section.querySelector(".explorer").prepend(el("p", { class: "note", role: "alert" }, words));
  });
}

async function route() {
  let wanted;
  try {
    wanted = parseHash();
  } catch {
    wanted = {};
  }
  const run = wanted.run >= 1 && wanted.run <= sections.length ? wanted.run : state.run || firstRun();
  if (!run) return;
  await openRun(run);
  const model = state.model;
  if (wanted.finding !== null && wanted.finding !== undefined && model.findings[wanted.finding - 1]) return showFinding(wanted.finding - 1);
  let at = wanted.turn === null || wanted.turn === undefined ? -1 : model.turns.findIndex((turn) => turn.key === wanted.turn);
  const exact = at >= 0;
  if (!exact) at = state.turn !== null && state.turn < model.turns.length ? state.turn : startTurn(model);
  if (at < 0) return undefined;
  openTurn(at);
  if (exact && wanted.exchange !== null) reveal(wanted.exchange, wanted.message);
  else if (exact) bringIntoSight(state.view.detail);
  return undefined;
}

// A turn that was asked for starts where it can be seen: on a phone it stands below the list.
function bringIntoSight(detail) {
  const top = detail.getBoundingClientRect().top;
  if (top < 0 || top > window.innerHeight * 0.7) detail.scrollIntoView({ block: "start" });
}

function firstRun() {
  const broken = sections.findIndex((section) => section.querySelector(".verdict.is-failed"));
  return sections.length ? Math.max(0, broken) + 1 : 0;
}

function startTurn(model) {
  const cause = model.cause === null ? null : model.findings[model.cause].at;
  if (cause !== null) return cause;
  const failed = model.turns.findIndex((turn) => turn.outcome === "failed");
  return failed >= 0 ? failed : Math.max(0, model.turns.findIndex((turn) => turn.number !== null));
}

// ---- a run

async function openRun(run) {
  if (state.run === run && state.model) return;
  const model = await load(run);
  Object.assign(state, { run, model, turn: null, finding: -1 });
  sections.forEach((section, at) => {
    section.hidden = at + 1 !== run;
  });
  for (const card of document.querySelectorAll(".runs a")) {
    if (Number(card.dataset.run) === run) card.setAttribute("aria-current", "true");
    else card.removeAttribute("aria-current");
  }
  state.view = buildExplorer(model, sections[run - 1].querySelector(".explorer"));
}

function buildExplorer(model, box) {
  box.replaceChildren();
  if (!model.turns.length) {
    box.append(el("p", { class: "nothing" }, "There are no turns to show."));
    return null;
  }
  const pick = (exchange) => go(`${turnHash(model, model.turnOf.get(exchange.id))}/exchange-${exchange.id}`);
  const pickTurn = (turn) => go(turnHash(model, model.turns.indexOf(turn)));
  const label = `Timeline of ${count(model.turns.length, "turn")}; the list below says the same in words`;
  const overview = timeline(model.turns, model, { bands: true, pick, pickTurn, label });
  if (overview) box.append(el("figure", { class: "timeline" }, el("figcaption", {}, el("h3", {}, "Timeline"), legend()), overview));
  const list = el("div", { class: "turn-list", role: "listbox", "aria-label": "Turns", tabindex: "0" }, el("div", { class: "turn-space" }));
  const detail = el("div", { class: "turn-detail", "aria-label": "Turn", role: "region" });
  box.append(el("div", { class: "reader" }, el("div", { class: "turn-column" }, el("h3", {}, "Turns"), list), detail));
  const view = { list, detail, space: list.firstChild };
  view.space.style.height = `${model.turns.length * ROW}px`;
  list.addEventListener("scroll", () => drawRows(model, view), { passive: true });
  list.addEventListener("keydown", listKeys);
  drawRows(model, view);
  return view;
}

function legend() {
  const entry = (kind, words) => el("span", { class: `key ${kind}` }, el("i", { "aria-hidden": "true" }), words);
  return el("p", { class: "legend" }, entry("wait", "waiting for the first byte"), entry("stream", "receiving"), entry("bad", "✗ refused or failed"), entry("tick", "log line"), entry("loud", "warning or error logged"));
}

// Only the rows in sight exist; each says its place in the whole.
function drawRows(model, view) {
  const height = view.list.clientHeight || 640;
  const from = Math.max(0, Math.floor(view.list.scrollTop / ROW) - SPARE);
  const to = Math.min(model.turns.length, Math.ceil((view.list.scrollTop + height) / ROW) + SPARE);
  const rows = [];
  for (let at = from; at < to; at += 1) rows.push(turnRow(model, at));
  view.space.replaceChildren(...rows);
}

function turnRow(model, at) {
  const turn = model.turns[at];
  const worst = model.worst(turn);
  const chosen = state.turn === at;
  const mark = turn.outcome === "failed" ? "✗" : turn.outcome === "answered" ? "✓" : "·";
  const line = el(
    "div",
    { class: `turn-row${chosen ? " chosen" : ""}${turn.outcome === "failed" ? " failed" : ""}`, role: "option", id: `turn-row-${at}`, "aria-selected": String(chosen), "aria-setsize": model.turns.length, "aria-posinset": at + 1, onclick: () => go(turnHash(model, at)) },
    el("div", { class: "turn-top" }, icon(mark), el("b", {}, turnName(turn)), worst && badge(worst), !worst && bad(turn) > 0 && badge("error"), el("span", { class: "turn-time" }, turn.duration ? seconds(turn.duration) : "")),
    el("div", { class: "turn-said" }, oneLine(turn.said || turn.error || count(turn.exchanges.length, "exchange"), 120)),
  );
  line.style.top = `${at * ROW}px`;
  return line;
}

function bad(turn) {
  return turn.log.filter((line) => line[1] === "ERROR" || line[1] === "FATAL").length;
}

function turnName(turn) {
  if (turn.number === null) return "Outside turns";
  return turn.session ? `Session ${oneLine(turn.session, 24)}, turn ${turn.number}` : `Turn ${turn.number}`;
}

// ---- a turn

function openTurn(at) {
  const { model, view } = state;
  if (state.turn === at) return;
  state.turn = at;
  const top = at * ROW;
  if (top < view.list.scrollTop || top + ROW > view.list.scrollTop + view.list.clientHeight) view.list.scrollTop = Math.max(0, top - ROW);
  view.list.setAttribute("aria-activedescendant", `turn-row-${at}`);
  drawRows(model, view);
  view.detail.replaceChildren(turnDetail(model, at));
  for (const band of sections[state.run - 1].querySelectorAll(".band")) {
    band.classList.toggle("chosen", band.getAttribute("data-turn") === String(model.turns[at].number));
  }
  live.textContent = `${turnName(model.turns[at])} of ${model.turns.length}, ${model.turns[at].outcome}`;
}

function turnDetail(model, at) {
  const turn = model.turns[at];
  const box = el("article", { class: "turn", "data-turn": turn.number === null ? "none" : turn.number });
  const facts = [count(turn.exchanges.length, "exchange"), turn.tools.length && count(turn.tools.length, "tool run"), turn.duration && seconds(turn.duration), bad(turn) && `${count(bad(turn), "error")} logged`].filter(Boolean);
  const outcome = turn.outcome in NAMES && el("span", { class: `outcome is-${turn.outcome}` }, icon(turn.outcome === "failed" ? "✗" : turn.outcome === "answered" ? "✓" : "·"), turn.outcome);
  box.append(el("header", { class: "turn-head" }, el("h4", { tabindex: "-1" }, turnName(turn)), outcome, el("span", { class: "facts" }, facts.join(" · "))));
  if (turn.said) box.append(el("div", { class: "said" }, el("p", { class: "kicker" }, "Said"), longText(turn.said)));
  if (turn.error) box.append(el("p", { class: "turn-error" }, icon("✗"), longText(turn.error)));
  const own = (model.ofTurn.get(at) || []).filter((number) => model.findings[number].place.kind === "turn");
  append(box, findingCards(model, own));
  const pick = (exchange) => reveal(exchange.id, null);
  const strip = timeline([turn], model, { chunks: true, pick, label: `Timeline of ${turnName(turn)}` });
  if (strip && turn.exchanges.length) box.append(el("figure", { class: "strip" }, strip));
  append(box, passages(model, turn));
  if (turn.reply) box.append(el("div", { class: "reply" }, el("p", { class: "kicker" }, "Reply"), longText(turn.reply)));
  if (turn.log.length) box.append(logList(model, turn));
  return box;
}

// Exchanges and tool runs as they followed one another.
function passages(model, turn) {
  const few = turn.exchanges.length <= 2;
  const entries = turn.exchanges.map((id) => {
    const exchange = model.exchanges[id];
    const weighty = exchange.answer.refusal !== null || (model.byExchange.get(id) || []).length > 0;
    return { at: exchange.at === null ? Infinity : exchange.at, build: () => exchangeCard(model, exchange, few || weighty) };
  });
  for (const tool of turn.tools) entries.push({ at: tool.at === null ? Infinity : tool.at, build: () => toolCard(tool) });
  entries.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at));
  return paged(el("div", { class: "passages" }), entries, (entry) => entry.build());
}

function toolCard(tool) {
  const title = [icon(tool.failed ? "✗" : "→"), el("b", {}, oneLine(tool.name, 80)), el("span", { class: "facts" }, `tool run${tool.failed ? ", failed" : ""} · ${seconds(tool.duration)}`)];
  const inside = () => el("div", { class: "tool-body" }, el("p", { class: "kicker" }, "Arguments"), longText(pretty(tool.arguments), "wire"), el("p", { class: "kicker" }, "Output"), longText(tool.output, "wire"));
  return fold(title, inside, { class: `tool-run${tool.failed ? " failed" : ""}` });
}

function logList(model, turn) {
  const loud = turn.log.filter((line) => line[1] === "ERROR" || line[1] === "FATAL" || line[1] === "WARN").length;
  const label = `${count(turn.log.length, "log line")}${loud ? `, ${loud} loud` : ""}`;
  const build = ([at, level, source, number]) =>
    el("li", { "data-level": level || "none" }, el("span", { class: "when" }, at === null ? "?" : `${at.toFixed(3)} s`), el("span", { class: "level" }, level || source), longText(model.text(number), "wire"));
  return fold(label, () => paged(el("ol", { class: "log" }), turn.log, build), { class: "fold log-fold", open: loud > 0 && turn.log.length <= 40 });
}

// ---- going to a place

function reveal(exchange, message) {
  const { view } = state;
  const card = view.detail.querySelector(`details.exchange[data-exchange="${exchange}"]`);
  if (!card) return;
  card.unfold();
  let target = card;
  if (message !== null && message !== undefined) {
    const find = () => card.querySelector(`.request article.message[data-message="${message}"]`);
    if (!find()) card.querySelectorAll("details.history").forEach((history) => history.unfold());
    target = find() || card;
  }
  flash(target);
}

function showFinding(number) {
  const { model } = state;
  const finding = model.findings[number];
  state.finding = number;
  if (finding.at === null) {
    const card = sections[state.run - 1].querySelector(`[data-spot="run-${state.run}/finding-${number + 1}"]`);
    if (state.turn === null) openTurn(startTurn(model));
    if (card) flash(card);
    return undefined;
  }
  openTurn(finding.at);
  if (finding.place.exchange !== null) {
    const card = state.view.detail.querySelector(`details.exchange[data-exchange="${finding.place.exchange}"]`);
    if (card) card.unfold();
  }
  const target = state.view.detail.querySelector(`aside.finding[data-finding="${number}"]`);
  if (target) flash(target.closest(".message, .field, .url") || target, target);
  live.textContent = `Finding ${number + 1} of ${model.findings.length}: ${plainVisible(finding.rule)}`;
  return undefined;
}

function flash(element, focus) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  element.scrollIntoView({ block: "center" });
  if (element.getBoundingClientRect().height > window.innerHeight) element.scrollIntoView({ block: "start" });
  (focus || element).focus({ preventScroll: true });
  element.classList.remove("flash");
  requestAnimationFrame(() => element.classList.add("flash"));
}

// ---- keys

function stride(by) {
  const { model } = state;
  const at = Math.min(model.turns.length - 1, Math.max(0, (state.turn === null ? -1 : state.turn) + by));
  go(turnHash(model, at));
}

function strideFinding(by) {
  const { model } = state;
  if (!model.findings.length) {
    live.textContent = "No findings in this run";
    return;
  }
  const next = (state.finding + by + model.findings.length) % model.findings.length;
  go(`${model.hash}/finding-${(state.finding < 0 && by < 0 ? model.findings.length - 1 : next) + 1}`);
}

function listKeys(event) {
  const { view } = state;
  const page = Math.max(1, Math.floor(view.list.clientHeight / ROW) - 1);
  const strides = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  if (!(event.key in strides) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  stride(strides[event.key]);
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !state.model || event.target.closest("input, textarea, select")) return;
  const acts = {
    j: () => stride(1),
    k: () => stride(-1),
    n: () => strideFinding(1),
    p: () => strideFinding(-1),
    "]": () => go(`#run-${Math.min(sections.length, state.run + 1)}`),
    "[": () => go(`#run-${Math.max(1, state.run - 1)}`),
  };
  if (event.key in acts) {
    event.preventDefault();
    acts[event.key]();
  }
}

// Without scripts the ids are anchors; with them the fragment is ours, and the page must not jump by itself.
for (const anchor of document.querySelectorAll('[id^="run-"]')) {
  if (anchor.id.endsWith("-name")) continue;
  anchor.dataset.spot = anchor.id;
  anchor.removeAttribute("id");
}
document.documentElement.classList.add("scripted");
document.addEventListener("keydown", keys);
window.addEventListener("hashchange", follow);
window.addEventListener("resize", () => state.view && drawRows(state.model, state.view));
for (const link of document.querySelectorAll("a[data-goto]")) link.addEventListener("click", () => location.hash === link.hash && follow());
follow();
