// Search over everything that the file holds. The browser's own search sees only the rows that exist; this one
// inflates block after block, lets go of each, and tells how far it is.

const KINDS = ["turns", "messages", "log", "findings", "bodies"];

// The turn that brought entry `number`: the first whose end lies beyond it.
function turnWith(ends, number) {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

function saysIt(value, wanted) {
  if (typeof value === "string") return value.toLowerCase().includes(wanted);
  if (Array.isArray(value)) return value.some((inner) => saysIt(inner, wanted));
  return value !== null && typeof value === "object" && Object.values(value).some((inner) => saysIt(inner, wanted));
}

// A message is compared as a reader sees it: its texts, without the escapes of JSON.
function messageSaysIt(raw, wanted) {
  if (raw.toLowerCase().includes(wanted)) return true;
  return raw.includes("\\") && saysIt(parsed(raw), wanted);
}

const TURN_OF = {
  turns: (model, number) => number,
  messages: (model, number) => turnWith(model.columns.messagesEnd, number),
  log: (model, number) => turnWith(model.columns.logEnd, number),
  findings: (model, number) => model.findings[number].at,
  bodies: (model, number) => turnWith(model.columns.bodiesEnd, number),
};

// The turns that hold the words, told through `tell(hits, share)` as they are found. `stopped()` ends it.
async function search(model, words, tell, stopped) {
  const wanted = words.toLowerCase();
  const hits = new Set();
  model.columns.title.forEach((title, at) => title.toLowerCase().includes(wanted) && hits.add(at));
  const names = KINDS.flatMap((kind) => Array.from({ length: Math.ceil(model.totals[kind] / model.blocks.sizes[kind]) }, (_, block) => [kind, block]));
  let done = 0;
  for (const [kind, block] of names) {
    const entries = await model.blocks.glance(`${kind}-${block}`);
    if (stopped()) return;
    entries.forEach((entry, place) => {
      const fits = kind === "messages" ? messageSaysIt(entry, wanted) : saysIt(kind === "turns" ? entry : entry, wanted);
      const at = fits ? TURN_OF[kind](model, block * model.blocks.sizes[kind] + place) : null;
      if (at !== null) hits.add(at);
    });
    done += 1;
    if (done % 8 === 0 || done === names.length) {
      tell(hits, done / names.length);
      await new Promise((wake) => setTimeout(wake));
    }
  }
}

// The words marked where they stand, without a change to the page's elements.
function markWords(box, words) {
  if (!CSS.highlights) return;
  CSS.highlights.delete("found");
  const wanted = words.toLowerCase();
  if (!wanted) return;
  const ranges = [];
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() && ranges.length < 1000) {
    const node = walker.currentNode;
    const text = node.data.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0 && ranges.length < 1000; at = text.indexOf(wanted, at + wanted.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, Math.min(node.length, at + wanted.length));
      ranges.push(range);
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}
