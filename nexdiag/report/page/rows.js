// A list of any length whose rows exist only where they are seen. Rows are of one height; each says its place in the
// whole, and one of them takes the focus for all (a roving tabindex).

const SPARE = 8;
const TALLEST = 720;

class Rows {
  // `build(entry, position)` makes a row; `pick(entry)` follows a click or a key.
  constructor({ label, height, build, pick }) {
    Object.assign(this, { height, build, pick, entries: [], chosen: -1, rows: new Map(), top: 0, tall: TALLEST, spare: 1 });
    this.space = el("div", { class: "turn-space", role: "presentation" });
    this.box = el("div", { class: "turn-list", role: "listbox", "aria-label": label }, this.space);
    this.box.addEventListener("scroll", () => this.scrolled(this.box.scrollTop), { passive: true });
    new ResizeObserver(([seen]) => this.sized(seen.contentRect.height)).observe(this.box);
    this.box.addEventListener("keydown", (event) => this.keys(event));
  }

  // Show these entries, in this order.
  show(entries) {
    this.entries = entries;
    this.rows.clear();
    this.top = Math.max(0, Math.min(this.top, entries.length * this.height - this.tall));
    this.space.replaceChildren();
    this.space.style.height = `${entries.length * this.height}px`;
    this.draw();
  }

  // Size and place are told by the browser, never asked of it: an answer would cost a layout each time.
  sized(height) {
    this.tall = height || TALLEST;
    this.draw();
  }

  // Rows beyond what is seen are made from the first scroll on: none is needed to open the page.
  scrolled(top) {
    this.spare = SPARE;
    this.top = top;
    this.draw();
  }

  range() {
    const from = Math.max(0, Math.floor(this.top / this.height) - this.spare);
    return [from, Math.min(this.entries.length, Math.ceil((this.top + this.tall) / this.height) + this.spare)];
  }

  // The row that has the focus stays, wherever the list was scrolled to: or else the keyboard would lose its place.
  draw() {
    const [from, to] = this.range();
    const kept = (at) => (at >= from && at < to) || (at === this.chosen && this.box.contains(document.activeElement));
    for (const [at, row] of this.rows) {
      if (kept(at)) continue;
      row.remove();
      this.rows.delete(at);
    }
    for (let at = from; at < to; at += 1) this.row(at);
  }

  row(at) {
    if (this.rows.has(at)) return this.rows.get(at);
    const row = this.build(this.entries[at], at);
    row.setAttribute("role", "option");
    row.setAttribute("aria-setsize", this.entries.length);
    row.setAttribute("aria-posinset", at + 1);
    row.style.top = `${at * this.height}px`;
    row.addEventListener("click", () => this.pick(this.entries[at]));
    this.mark(row, at);
    this.rows.set(at, row);
    const next = [...this.rows.keys()].filter((other) => other > at).sort((a, b) => a - b)[0];
    this.space.insertBefore(row, next === undefined ? null : this.rows.get(next));
    return row;
  }

  mark(row, at) {
    const chosen = at === this.chosen;
    row.classList.toggle("chosen", chosen);
    row.setAttribute("aria-selected", String(chosen));
    row.tabIndex = chosen || (this.chosen < 0 && at === 0) ? 0 : -1;
  }

  // Choose an entry: its row comes into sight, and takes the focus where the list had it.
  choose(entry) {
    const at = this.entries.indexOf(entry);
    const focused = this.box.contains(document.activeElement);
    this.chosen = at;
    for (const [place, row] of this.rows) this.mark(row, place);
    if (at < 0) return;
    const [top, seen] = [at * this.height, this.top];
    const far = top < seen - this.tall || top > seen + 2 * this.tall;
    if (far) this.scroll(top - this.tall / 3);
    else if (top < seen) this.scroll(top - this.height);
    else if (top + this.height > seen + this.tall) this.scroll(top + 2 * this.height - this.tall);
    this.draw();
    if (focused) this.row(at).focus({ preventScroll: true });
  }

  // The chosen row comes into the window too: the list may stand below what is seen of the page.
  sight() {
    if (this.chosen < 0) return;
    this.sized(this.box.clientHeight);
    this.choose(this.entries[this.chosen]);
    const { top, bottom } = this.row(this.chosen).getBoundingClientRect();
    if (top < 0 || bottom > window.innerHeight) this.box.scrollIntoView({ block: "start" });
  }

  scroll(top) {
    const most = this.entries.length * this.height - this.tall;
    this.top = Math.max(0, Math.min(most, top));
    this.box.scrollTop = this.top;
  }

  stride(by) {
    if (!this.entries.length) return;
    const at = Math.min(this.entries.length - 1, Math.max(0, (this.chosen < 0 ? (by > 0 ? -1 : 0) : this.chosen) + by));
    this.pick(this.entries[at]);
  }

  keys(event) {
    const page = Math.max(1, Math.floor(this.tall / this.height) - 1);
    const strides = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in strides) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.stride(strides[event.key]);
  }
}
