// One turn to read: what was said, its exchanges and tool runs as they followed one another, the reply, the log.

const NAMES = { answered: "✓", failed: "✗", cancelled: "·", unfinished: "·" };
const LOUD = new Set(["ERROR", "FATAL", "WARN"]);

function turnName(model, at) {
  const number = model.columns.number[at];
  if (number === null) return "Outside turns";
  const session = model.session(at);
  return session ? `Session ${oneLine(session, 24)}, turn ${number}` : `Turn ${number}`;
}

function badOf(turn) {
  return turn.lines.filter((line) => line[1] === "ERROR" || line[1] === "FATAL").length;
}

function turnFacts(turn) {
  const bad = badOf(turn);
  const facts = [count(turn.exchanges.length, "exchange"), turn.tools.length && count(turn.tools.length, "tool run"), turn.duration && seconds(turn.duration / 1000), bad && `${count(bad, "error")} logged`];
  return facts.filter(Boolean).join(" · ");
}

function turnDetail(model, turn, drawing) {
  const box = el("article", { class: "turn", "data-turn": turn.number === null ? "none" : turn.number });
  const outcome = turn.outcome in NAMES && el("span", { class: `outcome is-${turn.outcome}` }, icon(NAMES[turn.outcome]), turn.outcome);
  box.append(el("header", { class: "turn-head" }, el("h4", { tabindex: "-1" }, turnName(model, turn.place)), outcome, el("span", { class: "facts" }, turnFacts(turn))));
  if (turn.said) box.append(el("div", { class: "said" }, el("p", { class: "kicker" }, "Said"), longText(model.words(turn.said))));
  if (turn.error) box.append(el("p", { class: "turn-error" }, icon("✗"), longText(turn.error)));
  append(box, findingCards(model, (model.ofTurn.get(turn.place) || []).filter((number) => model.findings[number].kind === "turn")));
  if (drawing) box.append(el("figure", { class: "strip" }, drawing));
  append(box, passages(model, turn));
  if (turn.reply) box.append(el("div", { class: "reply" }, el("p", { class: "kicker" }, "Reply"), longText(model.words(turn.reply))));
  if (turn.lines.length) box.append(logList(turn));
  return box;
}

function passages(model, turn) {
  const few = turn.exchanges.length <= 2;
  const entries = turn.exchanges.map((exchange) => {
    const weighty = exchange.answer.refusal !== null || (model.byExchange.get(exchange.id) || []).length > 0;
    return { at: exchange.at === null ? Infinity : exchange.at, build: () => exchangeCard(model, exchange, few || weighty) };
  });
  for (const tool of turn.tools) entries.push({ at: tool.at === null ? Infinity : tool.at, build: () => toolCard(model, tool) });
  entries.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at));
  return paged(el("div", { class: "passages" }), entries, (entry) => entry.build());
}

function toolCard(model, tool) {
  const title = [icon(tool.failed ? "✗" : "→"), el("b", {}, oneLine(tool.name, 80)), el("span", { class: "facts" }, `tool run${tool.failed ? ", failed" : ""} · ${seconds(tool.duration / 1000)}`)];
  const inside = () => el("div", { class: "tool-body" }, el("p", { class: "kicker" }, "Arguments"), longText(pretty(tool.arguments), "wire"), el("p", { class: "kicker" }, "Output"), longText(model.words(tool.output), "wire"));
  return fold(title, inside, { class: `tool-run${tool.failed ? " failed" : ""}` });
}

function logList(turn) {
  const loud = turn.lines.filter((line) => LOUD.has(line[1])).length;
  const label = `${count(turn.lines.length, "log line")}${loud ? `, ${loud} loud` : ""}`;
  const build = ([at, level, source, text]) =>
    el("li", { "data-level": level || "none" }, el("span", { class: "when" }, at === null ? "?" : `${(at / 1000).toFixed(3)} s`), el("span", { class: "level" }, level || source), longText(text, "wire"));
  return fold(label, () => paged(el("ol", { class: "log" }), turn.lines, build), { class: "fold log-fold", open: loud > 0 && turn.lines.length <= 40 });
}
