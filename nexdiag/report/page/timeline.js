// The timeline: turns as bands, exchanges as bars (waiting thin, streaming full), tool runs, log lines as ticks. Where
// many marks would fall on one another, one is drawn.

const MANY = 400;
const LEVELS = ["quiet", "warning", "error"];

function lanesOf(exchanges) {
  const ends = [];
  return exchanges.map((exchange) => {
    let lane = ends.findIndex((end) => end <= exchange.at);
    if (lane < 0) lane = ends.length;
    ends[lane] = exchange.at + exchange.duration;
    return Math.min(lane, 3);
  });
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
  const failed = exchange.failed;
  const head = exchange.first;
  const first = Math.min(end, Math.max(start, clock.place(exchange.at + head)));
  const words = `exchange ${exchange.id}, ${seconds(exchange.duration)}, first byte after ${seconds(head)}`;
  const group = svg("g", { class: `bar${failed ? " failed" : ""}`, "data-exchange": exchange.id, onclick: () => pick(exchange.id) });
  group.append(svg("rect", { class: "hit", x: percent(start), width: percent(Math.max(end - start, 0.8)), y: y - 3, height: 22 }));
  group.append(svg("rect", { class: "wait", x: percent(start), width: percent(first - start), y: y + 5, height: 6 }));
  group.append(svg("rect", { class: "stream", x: percent(first), width: percent(Math.max(end - first, Math.min(0.2, clock.least))), y, height: 16, rx: 2 }));
  if (failed) group.append(svg("text", { class: "cross", x: percent(end), dx: 4, y: y + 13 }, "✗"));
  group.append(svg("title", {}, words));
  return group;
}

function logTicks(clock, lines) {
  const seen = new Set();
  const shapes = [];
  for (const [at, level, text] of lines) {
    const x = clock.place(at);
    const key = `${level}${x.toFixed(lines.length > MANY ? 1 : 2)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const tick = svg("g", { class: `log-tick ${LEVELS[level]}` });
    tick.append(svg("line", { x1: percent(x), x2: percent(x), y1: level ? 2 : 8, y2: 18 }));
    if (level) tick.append(svg("circle", { cx: percent(x), cy: 3.5, r: 3 }));
    if (text) tick.append(svg("title", {}, oneLine(text, 200)));
    shapes.push(tick);
  }
  return shapes;
}

function busyOf(exchanges, tools, log) {
  const busy = exchanges.map((exchange) => [exchange.at, exchange.at + exchange.duration]);
  for (const tool of tools) busy.push([tool.at, tool.at + tool.duration]);
  for (const [at] of log) busy.push([at, at]);
  return busy;
}

function thinned(items, key) {
  if (items.length <= MANY) return items;
  const seen = new Set();
  return items.filter((item) => !seen.has(key(item)) && seen.add(key(item)));
}

// The drawing of marks: all of a run, or those of one turn.
function timeline(marks, options) {
  const { exchanges, tools, log } = marks;
  const busy = busyOf(exchanges, tools, log);
  if (!busy.length) return null;
  const from = busy.reduce((first, span) => Math.min(first, span[0]), Infinity);
  const to = busy.reduce((latest, span) => Math.max(latest, span[1]), from);
  const clock = makeClock(busy, from, to > from ? to : from + 0.001);
  const box = el("div", { class: "lanes", role: "img", "aria-label": options.label });
  box.clock = clock;
  if (options.bands) box.append(bands(clock, options));
  const lanes = lanesOf(exchanges);
  const drawn = thinned(exchanges.map((exchange, at) => [exchange, lanes[at]]), ([exchange, lane]) =>
    `${lane}${clock.place(exchange.at).toFixed(1)}${exchange.failed}`,
  );
  const height = 24 + lanes.reduce((most, lane) => Math.max(most, lane), 0) * 22;
  if (exchanges.length) box.append(row("requests", height, ...foldMarks(clock, height), ...drawn.map(([exchange, lane]) => bar(clock, exchange, lane, options.pick))));
  if (marks.chunks && marks.chunks.length > 1) box.append(row("chunks", 14, ...chunkDots(clock, marks.chunks)));
  const runs = thinned(tools, (tool) => `${clock.place(tool.at).toFixed(1)}${tool.failed}`);
  if (tools.length) box.append(row("tools", 16, ...foldMarks(clock, 16), ...toolBars(clock, runs)));
  if (log.length) box.append(row("log", 20, ...foldMarks(clock, 20), ...logTicks(clock, log)));
  box.append(axis(clock));
  return box;
}

function bands(clock, { model, pickTurn }) {
  const { at, duration, number, outcome } = model.columns;
  const shapes = [];
  const names = [];
  let last = -9;
  const places = number.map((_, place) => place).filter((place) => number[place] !== null && at[place] !== null);
  for (const place of thinned(places, (one) => `${clock.place(at[one] / 1000).toFixed(1)}${outcome[one]}`)) {
    const start = clock.place(at[place] / 1000);
    const width = Math.max(clock.place((at[place] + duration[place]) / 1000) - start, clock.least);
    const failed = outcome[place] === "failed";
    const group = svg("g", { class: `band${failed ? " failed" : ""}`, "data-place": place, onclick: () => pickTurn(place) });
    group.append(svg("rect", { x: percent(start), width: percent(width), y: 2, height: 22, rx: Math.min(4, width * 4) }));
    if (start - last > 4) {
      last = start;
      const worst = model.worst(place);
      const name = width > 9 ? `turn ${number[place]}` : String(number[place]);
      names.push(svg("text", { class: failed ? "band-name failed" : "band-name", x: percent(start), dx: 7, y: 17 }, worst ? `${name} ${ICONS[worst]}` : name));
    }
    group.append(svg("title", {}, `turn ${number[place]}, ${outcome[place]}, ${seconds(duration[place] / 1000)}`));
    shapes.push(group);
  }
  return row("turns", 26, ...foldMarks(clock, 26), ...shapes, ...names);
}

function chunkDots(clock, moments) {
  const places = new Set(moments.map((at) => clock.place(at).toFixed(1)));
  return [...places].map((x) => svg("circle", { class: "chunk", cx: `${x}%`, cy: 7, r: 2 }));
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

// The marks of a whole run, from its clock.
async function marksOfRun(model) {
  const { exchanges, tools, log } = await model.blocks.whole("clock");
  const rows = (columns, make) => (columns.length ? columns[1].map((_, place) => make(columns.map((column) => column[place]))) : []);
  const timed = (entry) => entry.at !== null;
  return {
    exchanges: rows(exchanges, ([, at, duration, first, failed, id]) => ({ at: at === null ? null : at / 1000, duration: duration / 1000, first: first / 1000, failed: failed === 1, id })).filter(timed),
    tools: rows(tools, ([, at, duration, failed]) => ({ at: at === null ? null : at / 1000, duration: duration / 1000, failed: failed === 1, name: "tool run" })).filter(timed),
    log: log.length ? log[0].map((at, place) => [at / 1000, log[1][place]]).filter((_, place) => log[0][place] !== null) : [],
  };
}

// The marks of one turn, with its chunks.
function marksOfTurn(model, turn) {
  const timed = turn.exchanges.filter((exchange) => exchange.at !== null);
  const level = (name) => (name === "WARN" ? 1 : name === "ERROR" || name === "FATAL" ? 2 : 0);
  const chunks = timed.flatMap((exchange) => {
    if (!exchange.response || !exchange.response.streamed || exchange.response.body === null) return [];
    const [body, lengths, gaps] = model.blocks.entry("bodies", exchange.response.body);
    return cutAt(body, lengths, gaps).map((chunk) => (exchange.at + chunk.at) / 1000);
  });
  const first = (exchange) => (exchange.response ? exchange.response.first : exchange.duration) / 1000;
  return {
    chunks,
    exchanges: timed.map((one) => ({ at: one.at / 1000, duration: one.duration / 1000, first: first(one), failed: one.answer.refusal !== null, id: one.id })),
    tools: turn.tools.filter((tool) => tool.at !== null).map((tool) => ({ at: tool.at / 1000, duration: tool.duration / 1000, failed: tool.failed, name: tool.name })),
    log: turn.lines.filter((line) => line[0] !== null).map(([at, name, , text]) => [at / 1000, level(name), text]),
  };
}
