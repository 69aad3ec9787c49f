// The one clock: turns as bands, exchanges as bars (waiting thin, streaming full), tool runs, log lines as ticks.
// Positions are percentages, so that the drawing fits any width. Idle time is folded, and the fold says how long.

const FOLD_SHARE = 0.12;
const FOLD_WIDTH = 0.03;
const FOLDS = 8;
const MANY = 1500;

// From seconds to a share of the width, with long idle stretches folded.
function makeClock(busy, from, to) {
  const spans = [];
  for (const [start, end] of busy.slice().sort((a, b) => a[0] - b[0])) {
    const last = spans[spans.length - 1];
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else spans.push([start, end]);
  }
  const total = to - from || 1;
  const active = spans.reduce((sum, span) => sum + span[1] - span[0], 0) || total;
  const gaps = [];
  let cursor = from;
  for (const [start, end] of [...spans, [to, to]]) {
    if (start - cursor > Math.max(3, active * FOLD_SHARE)) gaps.push([cursor, start]);
    cursor = Math.max(cursor, end);
  }
  gaps.sort((a, b) => b[1] - b[0] - (a[1] - a[0]));
  const folds = gaps.slice(0, FOLDS).sort((a, b) => a[0] - b[0]);
  const folded = folds.reduce((sum, gap) => sum + gap[1] - gap[0], 0);
  const scale = (1 - folds.length * FOLD_WIDTH) / (total - folded || 1);
  const place = (moment) => {
    let at = 0;
    let before = from;
    for (const [start, end] of folds) {
      if (moment <= start) break;
      at += (start - before) * scale;
      at += FOLD_WIDTH * Math.min(1, (moment - start) / (end - start));
      before = Math.min(moment, end);
    }
    return 100 * Math.min(1, Math.max(0, at + Math.max(0, moment - before) * scale));
  };
  return { place, folds, from, to, least: Math.min(0.35, 60 / busy.length) };
}

function lanesOf(exchanges) {
  const ends = [];
  return exchanges.map((exchange) => {
    let lane = ends.findIndex((end) => end <= exchange.at);
    if (lane < 0) lane = ends.length;
    ends[lane] = exchange.at + exchange.duration;
    return Math.min(lane, 3);
  });
}

function percent(value) {
  return `${value.toFixed(3)}%`;
}

function row(label, height, ...shapes) {
  const drawing = svg("svg", { width: "100%", height, role: "presentation" }, ...shapes);
  return el("div", { class: "lane" }, el("span", { class: "lane-name" }, label), el("div", { class: "lane-drawing" }, drawing));
}

function foldMarks(clock, height) {
  return clock.folds.map(([start, end]) =>
    svg(
      "g",
      { class: "idle" },
      svg("rect", { x: percent(clock.place(start)), width: percent(clock.place(end) - clock.place(start)), y: 0, height }),
      svg("title", {}, `${seconds(end - start)} with nothing recorded, folded`),
    ),
  );
}

function bar(clock, exchange, lane, pick) {
  const y = 4 + lane * 22;
  const start = clock.place(exchange.at);
  const end = Math.max(clock.place(exchange.at + exchange.duration), start + clock.least);
  const failed = exchange.answer.refusal !== null;
  const head = exchange.response ? exchange.response.first : exchange.duration;
  const first = Math.min(end, Math.max(start, clock.place(exchange.at + head)));
  const words = `exchange ${exchange.id}, ${seconds(exchange.duration)}, first byte after ${seconds(head)}`;
  const group = svg("g", { class: `bar${failed ? " failed" : ""}`, "data-exchange": exchange.id, onclick: () => pick(exchange) });
  group.append(svg("rect", { class: "hit", x: percent(start), width: percent(Math.max(end - start, 0.8)), y: y - 3, height: 22 }));
  group.append(svg("rect", { class: "wait", x: percent(start), width: percent(first - start), y: y + 5, height: 6 }));
  group.append(svg("rect", { class: "stream", x: percent(first), width: percent(Math.max(end - first, Math.min(0.2, clock.least))), y, height: 16, rx: 2 }));
  if (failed) group.append(svg("text", { class: "cross", x: percent(end), dx: 4, y: y + 13 }, "✗"));
  group.append(svg("title", {}, words));
  return group;
}

function axis(clock) {
  const folded = clock.folds.reduce((sum, gap) => sum + gap[1] - gap[0], 0);
  const span = clock.to - clock.from - folded || 1;
  const power = 10 ** Math.floor(Math.log10(span / 7));
  const unit = [1, 2, 5, 10].map((digit) => digit * power).find((size) => span / size <= 7) || span;
  const shapes = [svg("line", { class: "rule", x1: "0%", x2: "100%", y1: 0.5, y2: 0.5 })];
  let last = -20;
  const mark = (moment, x) => {
    if (x - last < 5.5) return;
    last = x;
    const anchor = x > 96 ? "end" : x < 2 ? "start" : "middle";
    shapes.push(svg("line", { class: "tick", x1: percent(x), x2: percent(x), y1: 0, y2: 5 }));
    shapes.push(svg("text", { class: "moment", x: percent(x), y: 17, "text-anchor": anchor }, axisLabel(moment - clock.from, unit)));
  };
  let start = clock.from;
  for (const [foldStart, foldEnd] of [...clock.folds, [clock.to, clock.to]]) {
    if (start > clock.from) mark(start, clock.place(start));
    for (let step = Math.ceil((start - clock.from) / unit); step * unit <= (foldStart - clock.from) * 1.0001; step += 1) {
      mark(clock.from + step * unit, clock.place(clock.from + step * unit));
    }
    start = foldEnd;
  }
  return row("", 20, ...shapes);
}

function axisLabel(value, unit) {
  if (value === 0) return "0";
  if (unit < 1) return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(unit < 0.1 ? 2 : 1)} s`;
  return value < 60 ? `${Math.round(value)} s` : `${Math.floor(value / 60)}:${String(Math.round(value % 60)).padStart(2, "0")}`;
}

function logTicks(clock, lines, text) {
  const seen = new Set();
  const shapes = [];
  for (const [at, level, , number] of lines) {
    const loud = level === "ERROR" || level === "FATAL" ? "error" : level === "WARN" ? "warning" : "quiet";
    const x = clock.place(at);
    const key = `${loud}${x.toFixed(lines.length > MANY ? 1 : 2)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const tall = loud !== "quiet";
    const tick = svg("g", { class: `log-tick ${loud}` });
    tick.append(svg("line", { x1: percent(x), x2: percent(x), y1: tall ? 2 : 8, y2: 18 }));
    if (tall) tick.append(svg("circle", { cx: percent(x), cy: 3.5, r: 3 }));
    tick.append(svg("title", {}, oneLine(text(number), 200)));
    shapes.push(tick);
  }
  return shapes;
}

function busyOf(exchanges, tools, log) {
  const busy = exchanges.map((exchange) => [exchange.at, exchange.at + exchange.duration]);
  for (const tool of tools) if (tool.at !== null) busy.push([tool.at, tool.at + tool.duration]);
  for (const [at] of log) busy.push([at, at]);
  return busy;
}

function thinned(items, key) {
  if (items.length <= MANY) return items;
  const seen = new Set();
  return items.filter((item) => !seen.has(key(item)) && seen.add(key(item)));
}

// The drawing of some turns: all of a run, or one.
function timeline(turns, model, options) {
  const exchanges = turns.flatMap((turn) => turn.exchanges.map((id) => model.exchanges[id])).filter((exchange) => exchange.at !== null);
  const tools = turns.flatMap((turn) => turn.tools).filter((tool) => tool.at !== null);
  const log = turns.flatMap((turn) => turn.log).filter((line) => line[0] !== null);
  const busy = busyOf(exchanges, tools, log);
  if (!busy.length) return null;
  const from = Math.min(...busy.map((span) => span[0]).slice(0, 50000));
  const to = busy.reduce((latest, span) => Math.max(latest, span[1]), from);
  const clock = makeClock(busy, from, to > from ? to : from + 0.001);
  const box = el("div", { class: "lanes", role: "img", "aria-label": options.label });
  if (options.bands) box.append(bands(clock, turns, model, options));
  const lanes = lanesOf(exchanges);
  const drawn = thinned(exchanges.map((exchange, at) => [exchange, lanes[at]]), ([exchange, lane]) =>
    `${lane}${clock.place(exchange.at).toFixed(1)}${exchange.answer.refusal === null}`,
  );
  const height = 24 + Math.max(0, ...lanes) * 22;
  if (exchanges.length) {
    box.append(row("requests", height, ...foldMarks(clock, height), ...drawn.map(([exchange, lane]) => bar(clock, exchange, lane, options.pick))));
  }
  if (options.chunks && exchanges.some((exchange) => exchange.response && exchange.response.chunks.length > 1)) {
    box.append(row("chunks", 14, ...chunkDots(clock, exchanges)));
  }
  if (tools.length) box.append(row("tools", 16, ...foldMarks(clock, 16), ...toolBars(clock, tools)));
  if (log.length) box.append(row("log", 20, ...foldMarks(clock, 20), ...logTicks(clock, log, model.text)));
  box.append(axis(clock));
  return box;
}

function bands(clock, turns, model, options) {
  const shapes = [];
  const names = [];
  let last = -9;
  for (const turn of turns.filter((one) => one.number !== null && one.at !== null)) {
    const start = clock.place(turn.at);
    const width = Math.max(clock.place(turn.at + turn.duration) - start, clock.least);
    const worst = model.worst(turn);
    const group = svg("g", { class: `band${turn.outcome === "failed" ? " failed" : ""}`, "data-turn": turn.number, onclick: () => options.pickTurn(turn) });
    group.append(svg("rect", { x: percent(start), width: percent(width), y: 2, height: 22, rx: 4 }));
    if (start - last > 4) {
      last = start;
      const name = width > 9 ? `turn ${turn.number}` : String(turn.number);
      const words = worst ? `${name} ${ICONS[worst]}` : name;
      const look = turn.outcome === "failed" ? "band-name failed" : "band-name";
      names.push(svg("text", { class: look, x: percent(start), dx: 7, y: 17 }, words));
    }
    group.append(svg("title", {}, `turn ${turn.number}, ${turn.outcome}, ${seconds(turn.duration)}`));
    shapes.push(group);
  }
  return row("turns", 26, ...foldMarks(clock, 26), ...shapes, ...names);
}

function chunkDots(clock, exchanges) {
  const seen = new Set();
  const shapes = [];
  for (const exchange of exchanges) {
    for (const [at] of exchange.response ? exchange.response.chunks : []) {
      const x = clock.place(exchange.at + at);
      if (seen.has(x.toFixed(1))) continue;
      seen.add(x.toFixed(1));
      shapes.push(svg("circle", { class: "chunk", cx: percent(x), cy: 7, r: 2 }));
    }
  }
  return shapes;
}

function toolBars(clock, tools) {
  return tools.map((tool) => {
    const start = clock.place(tool.at);
    const width = Math.max(clock.place(tool.at + tool.duration) - start, 0.4);
    return svg(
      "g",
      { class: `tool-bar${tool.failed ? " failed" : ""}` },
      svg("rect", { x: percent(start), width: percent(width), y: 3, height: 10, rx: 5 }),
      svg("title", {}, oneLine(`${tool.name}, ${seconds(tool.duration)}`, 120)),
    );
  });
}
