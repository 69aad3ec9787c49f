// The explorer of a run: search and filters, the timeline, the list of turns, and one turn beside it.

const ROW = 64;

class Explorer {
  constructor(model, box, changed) {
    Object.assign(this, { model, box, changed, turn: null, filter: makeFilter(), words: "", searches: 0, timer: 0, quiet: false });
    this.rows = new Rows({ label: "Turns", height: ROW, build: (at) => turnRow(model, at), pick: (at) => go(turnHash(model, at)) });
    this.detail = el("div", { class: "turn-detail", "aria-label": "Turn", role: "region" });
    this.told = el("p", { class: "counted", role: "status" });
    this.hides = el("p", { class: "note", hidden: true }, "The turn below is not among those that the filter shows.");
    this.reset = clearing(() => this.clear());
    this.drawing = el("figure", { class: "timeline" });
    box.replaceChildren(this.drawing, el("div", { class: "reader" }, el("div", { class: "turn-column" }, el("h3", { class: "sr" }, "Turns"), this.bar(), el("div", { class: "told-of-list" }, this.told, this.reset), this.rows.box), el("div", { class: "turn-side" }, this.hides, this.detail)));
    this.refresh();
  }

  bar() {
    const field = el("input", { type: "search", class: "search", "aria-label": "Search in everything that was recorded" });
    field.placeholder = "Search everything  /";
    field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(field.value).catch(complain), 180);
    });
    this.field = field;
    const made = choices(this.model, (name, value) => {
      this.filter[name] = value;
      this.refresh();
    });
    this.selects = made;
    return el("div", { class: "bar-of-choices", role: "search" }, field, made.length ? el("div", { class: "choices" }, made) : null);
  }

  // The list anew, and how many turns it shows.
  refresh(note) {
    const entries = passing(this.model, this.filter);
    this.rows.show(entries);
    if (this.turn !== null) this.rows.choose(this.turn);
    const all = count(this.model.length, "turn");
    this.told.textContent = `${entries.length === this.model.length ? all : `${entries.length.toLocaleString("en")} of ${all}`}${note || ""}`;
    this.reset.hidden = !this.chosen;
    this.hides.hidden = this.turn === null || entries.includes(this.turn);
    if (this.times) this.times.show(this.filter.span);
    if (!this.quiet) this.changed();
  }

  // What is chosen, as the fragment of a link holds it; and back.
  get chosen() {
    return filterWords(this.filter, this.words);
  }

  restore(told) {
    if (told !== this.chosen) this.choose(new URLSearchParams(told));
  }

  choose(words) {
    clearTimeout(this.timer);
    this.quiet = true;
    for (const select of this.selects) select.wanted(words);
    this.filter.span = spanOf(words);
    this.field.value = words.get("find") || "";
    this.quiet = false;
    this.search(this.field.value).catch(complain);
  }

  async search(words) {
    const mine = (this.searches += 1);
    this.words = words;
    if (!words) {
      this.filter.hits = null;
      markWords(this.detail, "");
      this.refresh();
      return;
    }
    const tell = (hits, share) => {
      this.filter.hits = hits;
      this.refresh(share < 1 ? `, searched ${Math.round(share * 100)} %` : `, all searched`);
    };
    tell(new Set(), 0);
    await search(this.model, words, tell, () => mine !== this.searches);
    if (mine === this.searches) markWords(this.detail, words);
  }

  clear() {
    this.choose(new URLSearchParams());
  }

  // Between these moments, or at all times.
  between(span) {
    this.filter.span = span;
    this.refresh(span ? `, from ${seconds(span[0])} to ${seconds(span[1])}` : "");
  }

  async openTurn(at) {
    if (this.turn === at) return;
    this.turn = at;
    this.rows.choose(at);
    this.hides.hidden = this.rows.chosen >= 0;
    const turn = await this.model.turn(at);
    if (this.turn !== at) return;
    const near = turn.exchanges.filter((exchange) => exchange.response && exchange.response.streamed).slice(0, 20);
    await this.model.blocks.ready("bodies", near.map((exchange) => exchange.response.body));
    if (this.turn !== at) return;
    const marks = near.length < 20 && turn.exchanges.length ? marksOfTurn(this.model, turn) : null;
    const pick = (id) => reveal(this, id, null);
    this.detail.replaceChildren(turnDetail(this.model, turn, marks && timeline(marks, { label: `Timeline of ${turnName(this.model, at)}`, pick })));
    for (const band of this.drawing.querySelectorAll(".band")) band.classList.toggle("chosen", Number(band.getAttribute("data-place")) === at);
    markWords(this.detail, this.words);
    say(`${turnName(this.model, at)} of ${this.model.length}, ${turn.outcome}`);
  }

  async draw() {
    const marks = await marksOfRun(this.model);
    const model = this.model;
    const label = `Timeline of ${count(model.length, "turn")}; the list below says the same in words`;
    const pick = (id) => go(`${turnHash(model, model.turnOf.get(id))}/exchange-${id}`);
    const drawn = timeline(marks, { bands: true, model, pick, pickTurn: (at) => go(turnHash(model, at)), label });
    if (!drawn) return this.drawing.remove();
    this.times = timesOf(drawn.clock, (span) => this.between(span));
    this.times.show(this.filter.span);
    this.drawing.replaceChildren(el("figcaption", {}, el("h3", {}, "Timeline"), legend()), drawn, this.times.box);
    brush(drawn, (from, to) => this.between([from, to]));
    return undefined;
  }
}

function turnRow(model, at) {
  const { outcome, duration, title, exchanges, output, tools, loud } = model.columns;
  const worst = model.worst(at) || (loud[at] > 1 ? "error" : null);
  const failed = outcome[at] === "failed";
  const facts = [exchanges[at] > 1 && count(exchanges[at], "exchange"), tools[at].length && `→ ${tools[at].map((name) => model.names[name]).join(", ")}`, output[at] && `${output[at].toLocaleString("en")} tokens out`];
  return el(
    "div",
    { class: `turn-row${failed ? " failed" : ""}`, id: `turn-row-${at}` },
    el("div", { class: "turn-top" }, icon(NAMES[outcome[at]] || "·"), el("b", {}, turnName(model, at)), el("span", { class: "sr" }, outcome[at]), worst && badge(worst), el("span", { class: "turn-time" }, duration[at] ? seconds(duration[at] / 1000) : "")),
    el("div", { class: "turn-said" }, title[at] || count(exchanges[at], "exchange")),
    el("div", { class: "turn-facts" }, oneLine(facts.filter(Boolean).join(" · "), 90)),
  );
}

function legend() {
  const entry = (kind, words) => el("span", { class: `key ${kind}` }, el("i", { "aria-hidden": "true" }), words);
  return el("p", { class: "legend" }, entry("wait", "waiting for the first byte"), entry("stream", "receiving"), entry("bad", "✗ refused or failed"), entry("tick", "log line"), entry("loud", "warning or error logged"), el("span", { class: "key" }, "drag to filter"));
}
