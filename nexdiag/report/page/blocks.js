// The blocks of a run: each is inflated when it is first looked at, and its element goes, so that it is held once.

const waiting = [];
document.addEventListener("readystatechange", () => waiting.splice(0).forEach((wake) => wake()));

// The script runs before the page has been read to its end: a block may still be on its way.
async function holder(id) {
  let found = document.getElementById(id);
  while (!found && document.readyState === "loading") {
    await new Promise((wake) => waiting.push(wake));
    found = document.getElementById(id);
  }
  if (!found) throw new Error(`block ${id} is not in this file`);
  return found;
}

function bytesOf(text) {
  return Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

async function inflated(element) {
  if (element.type === "application/json") return JSON.parse(element.textContent);
  const stream = new Blob([bytesOf(element.textContent)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

class Blocks {
  constructor(run) {
    this.run = run;
    this.asked = new Map();
    this.held = new Map();
  }

  // A block by its name, for good.
  whole(name) {
    if (!this.asked.has(name)) this.asked.set(name, this.fetch(name));
    return this.asked.get(name);
  }

  async fetch(name) {
    const element = await holder(`nexdiag-${this.run}-${name}`);
    const value = await inflated(element);
    element.remove();
    this.held.set(name, value);
    return value;
  }

  // A block for a moment: a search reads all of them, and must not hold them all.
  async glance(name) {
    if (this.asked.has(name)) return this.asked.get(name);
    return inflated(await holder(`nexdiag-${this.run}-${name}`));
  }

  named(kind, number) {
    return `${kind}-${Math.floor(number / this.sizes[kind])}`;
  }

  // Have entries of a kind at hand.
  async ready(kind, numbers) {
    const names = new Set();
    for (const number of numbers) if (number !== null && number !== undefined) names.add(this.named(kind, number));
    await Promise.all([...names].map((name) => this.whole(name)));
  }

  // An entry that is at hand.
  entry(kind, number) {
    return this.held.get(this.named(kind, number))[number % this.sizes[kind]];
  }
}
