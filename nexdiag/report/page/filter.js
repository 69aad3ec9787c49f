// Which turns the list shows. Each choice comes from what the run holds; how many turns pass is always told, and what
// was chosen stands in the fragment after `?`, so that a link shows the same turns.

const ANY = "";
const STATUSES = {
  failed: (model, at) => model.columns.outcome[at] === "failed" || model.columns.refused[at],
  answered: (model, at) => model.columns.outcome[at] === "answered",
  unfinished: (model, at) => ["cancelled", "unfinished"].includes(model.columns.outcome[at]),
  retried: (model, at) => model.columns.exchanges[at] > 1,
};
const LEVEL_NAMES = { 1: "warning or worse", 2: "error" };

function makeFilter() {
  return { status: ANY, finding: ANY, tool: ANY, session: ANY, level: ANY, hits: null, span: null };
}

function passes(model, filter, at) {
  const { columns } = model;
  if (filter.hits && !filter.hits.has(at)) return false;
  if (filter.status && !STATUSES[filter.status](model, at)) return false;
  if (filter.session && String(columns.session[at]) !== filter.session) return false;
  if (filter.tool && !columns.tools[at].includes(Number(filter.tool))) return false;
  if (filter.level && columns.loud[at] < Number(filter.level)) return false;
  if (filter.finding && !found(model, filter.finding, at)) return false;
  if (!filter.span) return true;
  const [start, end] = [columns.at[at] / 1000, (columns.at[at] + columns.duration[at]) / 1000];
  return columns.at[at] !== null && end >= filter.span[0] && start <= filter.span[1];
}

function found(model, wanted, at) {
  const numbers = model.ofTurn.get(at) || [];
  return wanted === "any" ? numbers.length > 0 : numbers.some((number) => [model.findings[number].rule, model.findings[number].severity].includes(wanted));
}

function passing(model, filter) {
  const entries = [];
  for (let at = 0; at < model.length; at += 1) if (passes(model, filter, at)) entries.push(at);
  return entries;
}

// One choice; none where the run leaves nothing to choose.
function choice(name, label, options, change) {
  if (options.length < 2) return null;
  const given = [[ANY, label], ...options];
  const select = el("select", { "aria-label": label }, given.map(([, words]) => el("option", {}, oneLine(words, 60))));
  const told = () => change(name, given[select.selectedIndex][0]);
  select.addEventListener("change", told);
  select.wanted = (words) => {
    select.selectedIndex = Math.max(0, given.findIndex(([value]) => value === (words.get(name) || ANY)));
    told();
  };
  return select;
}

function used(model, column) {
  const seen = new Set();
  for (const value of model.columns[column]) for (const one of [value].flat()) seen.add(one);
  return [...seen];
}

function choices(model, set) {
  const all = model.columns.key.map((_, at) => at);
  const statuses = Object.keys(STATUSES).filter((name) => all.some((at) => STATUSES[name](model, at)));
  const rules = [...new Set(model.findings.map((finding) => finding.rule))].sort();
  const severities = Object.keys(RANK).filter((name) => model.findings.some((finding) => finding.severity === name));
  const named = (column) => used(model, column).map((name) => [String(name), model.names[name] || "no session"]);
  const levels = Object.entries(LEVEL_NAMES).filter(([level]) => model.columns.loud.some((loud) => loud >= level));
  const findings = rules.length ? [["any", "with a finding"], ...severities.map((name) => [name, name]), ...rules.map((rule) => [rule, rule])] : [];
  return [
    choice("status", "Any status", statuses.map((name) => [name, name]), set),
    choice("finding", "Any finding", findings, set),
    choice("tool", "Any tool", named("tools").length ? [...named("tools"), [ANY, "any tool"]] : [], set),
    choice("session", "Any session", named("session"), set),
    choice("level", "Any log", levels.length ? [["0", "any log level"], ...levels] : [], set),
  ].filter(Boolean);
}

// A filter as it stands in a link, and back. What the run does not offer is not taken from a link.
const CHOSEN = ["status", "finding", "tool", "session", "level"];

function filterWords(filter, words) {
  const told = new URLSearchParams();
  for (const name of CHOSEN) if (filter[name]) told.set(name, filter[name]);
  if (filter.span) told.set("times", filter.span.map((moment) => moment.toFixed(3)).join("~"));
  if (words) told.set("find", words);
  return told.toString();
}

function spanOf(words) {
  const span = (words.get("times") || "").split("~").map(Number);
  return span.length === 2 && span.every(Number.isFinite) ? span : null;
}
