// The one clock, in seconds since the run began, and its axis. Positions are percentages, so that the drawing fits any width. Idle time is folded, and the fold says how long.

const FOLD_SHARE = 0.12;
const FOLD_WIDTH = 0.03;
const FOLDS = 8;

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
  return { place, folds, from, to, least: Math.max(0.06, Math.min(0.35, 60 / busy.length)), moment: (share) => momentAt(place, from, to, share) };
}

// The moment at a share of the width: the drawing only goes one way, so that halving finds it.
function momentAt(place, from, to, share) {
  let [low, high] = [from, to];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (place(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}

function percent(value) {
  return `${value.toFixed(3)}%`;
}

function row(label, height, ...shapes) {
  const drawing = svg("svg", { width: "100%", height, role: "presentation" }, ...shapes);
  return el("div", { class: "lane" }, el("span", { class: "lane-name" }, label), el("div", { class: "lane-drawing" }, drawing));
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
  if (unit < 1) return value < 1 ? `${(value * 1000).toFixed(unit < 0.001 ? 1 : 0)} ms` : `${value.toFixed(unit < 0.1 ? 2 : 1)} s`;
  if (value >= 3600) return `${Math.floor(value / 3600)}:${String(Math.round((value % 3600) / 60)).padStart(2, "0")} h`;
  return value < 60 ? `${Math.round(value)} s` : `${Math.floor(value / 60)}:${String(Math.round(value % 60)).padStart(2, "0")}`;
}
