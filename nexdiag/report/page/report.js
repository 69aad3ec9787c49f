// The page of a report: one run at a time. All state is in the URL's fragment: #run-2/turn-3/exchange-4/message-6 and
// #run-2/finding-1?status=failed&find=words are links that can be shared.

const sections = [...document.querySelectorAll("section.run")];
const live = document.getElementById("live");
const state = { run: 0, finding: -1, view: null };
const views = new Map();

function say(words) {
  live.textContent = words;
}

function parseHash() {
  const parts = Object.fromEntries(decodeURIComponent(placeIn(location.hash)).split("/").map((part) => part.split("-")).filter((pair) => pair.length === 2));
  const number = (name) => (/^\d+$/.test(parts[name] || "") ? Number(parts[name]) : null);
  return { run: number("run"), turn: parts.turn || null, exchange: number("exchange"), message: number("message"), finding: number("finding") };
}

function placeIn(hash) {
  return hash.slice(1).split("?", 1)[0];
}

// What the list of a run is filtered by goes along wherever one goes in it.
function withFilter(hash) {
  const { view } = state;
  const within = view && `${hash}/`.startsWith(`${view.model.hash}/`);
  return within && view.chosen ? `${hash}?${view.chosen}` : hash;
}

function go(hash) {
  const whole = withFilter(hash);
  if (location.hash === whole) follow();
  else location.hash = whole;
}

// The filter has changed: the address tells of it, and nothing else moves.
function noted(view) {
  if (!view || state.view !== view || !(view.chosen || location.hash.includes("?"))) return;
  const told = withFilter(`#${placeIn(location.hash) || view.model.hash.slice(1)}`);
  if (told !== location.hash) history.replaceState(null, "", told);
}

function turnHash(model, at) {
  return `${model.hash}/turn-${model.columns.key[at]}`;
}

function follow() {
  route().catch(complain);
}

async function route() {
  let wanted = {};
  try {
    wanted = parseHash();
  } catch {
    // a fragment that is none of ours
  }
  const run = wanted.run >= 1 && wanted.run <= sections.length ? wanted.run : state.run || firstRun();
  if (!run) return;
  const view = await openRun(run);
  if (!view || state.view !== view) return;
  const { model } = view;
  if (location.hash.includes("?")) view.restore(location.hash.slice(location.hash.indexOf("?") + 1));
  else noted(view);
  if (model.findings[(wanted.finding || 0) - 1]) return showFinding(view, wanted.finding - 1);
  let at = wanted.turn ? model.columns.key.indexOf(wanted.turn) : -1;
  const exact = at >= 0;
  if (!exact) at = view.turn === null ? startTurn(model) : view.turn;
  await view.openTurn(at);
  if (exact && wanted.exchange !== null) await reveal(view, wanted.exchange, wanted.message);
  else if (exact) bringIntoSight(view.detail.parentElement);
  return undefined;
}

// A turn that was asked for starts where it can be seen: on a phone it stands below the list.
function bringIntoSight(detail) {
  const { top } = detail.getBoundingClientRect();
  if (top < 0 || top > window.innerHeight * 0.7) detail.scrollIntoView({ block: "start" });
}

function firstRun() {
  const broken = sections.findIndex((section) => section.querySelector(".verdict.is-failed"));
  return sections.length ? Math.max(0, broken) + 1 : 0;
}

function startTurn(model) {
  const cause = model.cause === null ? null : model.findings[model.cause].at;
  if (cause !== null) return cause;
  const failed = model.columns.outcome.indexOf("failed");
  return failed >= 0 ? failed : Math.max(0, model.columns.number.findIndex((number) => number !== null));
}

async function openRun(run) {
  if (state.run === run && state.view) return state.view;
  const model = await load(run);
  Object.assign(state, { run, finding: -1 });
  sections.forEach((section, at) => {
    section.hidden = at + 1 !== run;
  });
  for (const card of document.querySelectorAll(".runs a")) {
    if (Number(card.dataset.run) === run) {
      card.setAttribute("aria-current", "true");
      requestAnimationFrame(() => card.closest("ul").scrollTo({ left: card.offsetLeft - card.closest("ul").offsetLeft }));
    } else card.removeAttribute("aria-current");
  }
  const box = sections[run - 1].querySelector(".explorer");
  if (!model.length) {
    box.replaceChildren(el("p", { class: "nothing" }, "There are no turns to show."));
    state.view = null;
    return null;
  }
  if (!views.has(run)) {
    views.set(run, new Explorer(model, box, () => noted(views.get(run))));
    seen(views.get(run));
  }
  state.view = views.get(run);
  return state.view;
}

// The first rows are painted: this is when the page is open. The timeline follows.
function seen(view) {
  requestAnimationFrame(() => setTimeout(() => {
    if (!performance.getEntriesByName("first-rows").length) performance.mark("first-rows");
    view.draw().catch(complain);
  }));
}

// ---- going to a place

async function reveal(view, exchange, message) {
  const card = view.detail.querySelector(`details.exchange[data-exchange="${exchange}"]`);
  if (!card) return;
  await card.unfold();
  const find = () => card.querySelector(`.request article.message[data-message="${message}"]`);
  if (message !== null && !find()) await Promise.all([...card.querySelectorAll("details.history")].map((history) => history.unfold()));
  flash((message !== null && find()) || card);
}

async function showFinding(view, number) {
  const { model } = view;
  const finding = model.findings[number];
  state.finding = number;
  if (finding.at === null) {
    if (view.turn === null) await view.openTurn(startTurn(model));
    const card = sections[state.run - 1].querySelector(`[data-spot="run-${state.run}/finding-${number + 1}"]`);
    if (card) flash(card);
    return;
  }
  await view.openTurn(finding.at);
  const card = finding.exchange !== null && view.detail.querySelector(`details.exchange[data-exchange="${finding.exchange}"]`);
  if (card) await card.unfold();
  const target = view.detail.querySelector(`aside.finding[data-finding="${number}"]`);
  if (target) flash(target.closest(".message, .field, .url") || target, target);
  say(`Finding ${number + 1} of ${model.findings.length}: ${plainVisible(finding.rule)}`);
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

function strideFinding(by) {
  const { findings, hash } = state.view.model;
  if (!findings.length) return say("No findings in this run");
  const next = (state.finding + by + findings.length) % findings.length;
  return go(`${hash}/finding-${(state.finding < 0 && by < 0 ? findings.length - 1 : next) + 1}`);
}

function strideDivergence() {
  const { model, turn } = state.view;
  const { differs } = model;
  if (!differs.length) return say("No turn differs from its recording");
  const next = differs.find((at) => at > (turn === null ? -1 : turn));
  return go(turnHash(model, next === undefined ? differs[0] : next));
}

// Out of the search, and all turns shown again.
function escape() {
  const { view } = state;
  const typing = document.activeElement === view.field;
  view.clear();
  const row = view.rows.box.querySelector('[tabindex="0"]');
  if (typing && row) row.focus({ preventScroll: true });
}

const help = helpOf([
  ["j k", "next and previous turn; in the list also ↓ ↑ PgDn PgUp Home End"],
  ["n p", "next and previous finding"],
  ["d", "next turn that differs from its recording"],
  ["[ ]", "previous and next run"],
  ["/", "search everything"],
  ["Esc", "leave the search; all turns are shown again"],
  ["?", "this page"],
]);

const ACTS = {
  j: () => state.view.rows.stride(1),
  k: () => state.view.rows.stride(-1),
  n: () => strideFinding(1),
  p: () => strideFinding(-1),
  d: () => strideDivergence(),
  "]": () => go(`#run-${Math.min(sections.length, state.run + 1)}`),
  "[": () => go(`#run-${Math.max(1, state.run - 1)}`),
  "/": () => state.view.field.focus(),
  "?": () => help.showModal(),
  Escape: () => escape(),
};

// Without scripts the ids are anchors; with them the fragment is ours, and the page must not jump by itself.
for (const anchor of document.querySelectorAll('[id^="run-"]')) {
  if (anchor.id.endsWith("-name")) continue;
  anchor.dataset.spot = anchor.id;
  anchor.removeAttribute("id");
}
document.documentElement.classList.add("scripted");
document.addEventListener("keydown", (event) => state.view && onKey(ACTS, event));
window.addEventListener("hashchange", follow);
window.addEventListener("resize", () => state.view && state.view.rows.draw());
for (const link of document.querySelectorAll("a[data-goto]")) link.addEventListener("click", () => location.hash === link.hash && follow());
follow();
