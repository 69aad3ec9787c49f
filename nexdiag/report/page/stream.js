// What was received: the chunks of a stream with their times, or a body in one piece.

const SPARK = 240;

function received(model, exchange, open) {
  const { response } = exchange;
  const label = response.streamed ? `${count(response.chunks, "chunk")} as received` : "body as received";
  const inside = async () => {
    await model.blocks.ready("bodies", [response.body]);
    const [body, lengths, gaps] = model.blocks.entry("bodies", response.body);
    if (!response.streamed) return longText(pretty(body), "wire");
    const chunks = cutAt(body, lengths, gaps);
    return el("div", { class: "received" }, spark(chunks), chunkList(chunks), fold("raw bytes", () => longText(body, "wire")));
  };
  return fold(label, inside, { open });
}

// The body is stored once: each chunk is its next stretch, and came so long after the one before.
function cutAt(body, lengths, gaps) {
  let [from, at] = [0, 0];
  return lengths.map((length, number) => {
    const to = number === lengths.length - 1 ? body.length : from + length;
    const chunk = { at: (at += gaps[number]), gap: number ? gaps[number] : at, text: body.slice(from, to) };
    from = to;
    return chunk;
  });
}

// One stroke a chunk, at its time; its height is its size.
function spark(chunks) {
  const end = chunks[chunks.length - 1].at || 1;
  const most = chunks.reduce((size, chunk) => Math.max(size, chunk.text.length), 1);
  const strokes = new Map();
  for (const chunk of chunks) {
    const x = Math.round((chunk.at / end) * SPARK);
    strokes.set(x, Math.max(strokes.get(x) || 0, chunk.text.length));
  }
  const longest = chunks.reduce((gap, chunk) => Math.max(gap, chunk.gap), 0);
  const words = `${count(chunks.length, "chunk")} in ${seconds(end / 1000)}, the first after ${seconds(chunks[0].at / 1000)}, longest gap ${seconds(longest / 1000)}`;
  const drawing = svg("svg", { class: "spark", viewBox: `-1 0 ${SPARK + 2} 30`, preserveAspectRatio: "none", role: "img", "aria-label": words });
  for (const [x, size] of strokes) drawing.append(svg("line", { x1: x, x2: x, y1: 30, y2: 26 - (22 * size) / most }));
  return el("figure", { class: "sparkline" }, drawing, el("figcaption", {}, words));
}

function chunkList(chunks) {
  return paged(el("ol", { class: "chunks" }), chunks, (chunk) =>
    el("li", {}, el("span", { class: "when" }, `${chunk.at.toFixed(0)} ms`), el("span", { class: "gap" }, `+${chunk.gap.toFixed(0)}`), longText(chunk.text.replace(/\n+$/, ""), "wire")),
  );
}
