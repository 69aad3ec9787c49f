// A run as the page holds it: the columns of its index, and what was fetched from its blocks so far.

const RANK = { error: 3, warning: 2, info: 1 };
const models = new Map();

async function load(run) {
  if (!models.has(run)) {
    const blocks = new Blocks(run);
    models.set(run, blocks.whole("index").then((index) => new Model(run, blocks, index)));
  }
  return models.get(run);
}

function gather(map, key, entry) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(entry);
}

function summed(steps) {
  let sum = 0;
  return steps.map((step) => (sum += step));
}

class Model {
  constructor(run, blocks, index) {
    Object.assign(this, { run, blocks, hash: `#run-${run}`, name: index.name, names: index.names, cause: index.cause, totals: index.totals, differs: index.differs });
    blocks.sizes = index.sizes;
    this.columns = index.turns;
    this.length = this.columns.key.length;
    this.columns.messagesEnd = summed(this.columns.messagesEnd);
    this.columns.logEnd = summed(this.columns.logEnd);
    this.columns.bodiesEnd = summed(this.columns.bodiesEnd);
    this.turnOf = new Map();
    this.columns.ids.forEach((ids, at) => ids.forEach((id) => this.turnOf.set(id, at)));
    this.sortFindings(index.findings);
  }

  sortFindings(findings) {
    this.byExchange = new Map();
    this.byLink = new Map();
    this.ofTurn = new Map();
    this.findings = findings.map(([rule, code, severity, kind, at, exchange, message, link], number) => {
      if (exchange !== null) gather(this.byExchange, exchange, number);
      if (link !== null) gather(this.byLink, link, number);
      if (at !== null) gather(this.ofTurn, at, number);
      return { rule, code, severity, kind, at, exchange, message, link, number };
    });
  }

  session(at) {
    return this.names[this.columns.session[at]];
  }

  finding(number) {
    return { ...this.findings[number], ...this.blocks.entry("findings", number) };
  }

  placed(exchange, kind, test) {
    const numbers = (this.byExchange.get(exchange) || []).filter((number) => this.findings[number].kind === kind);
    return test ? numbers.filter((number) => test(this.finding(number))) : numbers;
  }

  worst(at) {
    let worst = null;
    for (const number of this.ofTurn.get(at) || []) {
      const severity = this.findings[number].severity;
      if (!worst || (RANK[severity] || 0) > (RANK[worst] || 0)) worst = severity;
    }
    return worst in RANK ? worst : worst && "info";
  }

  text(number) {
    return this.blocks.entry("texts", number);
  }

  message(number) {
    return this.blocks.entry("messages", number);
  }

  // What a turn tells: its own words, or the words of a message.
  words(told) {
    if (typeof told !== "number") return told;
    const raw = this.message(told);
    const value = parsed(raw);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? wordsOf(value) : raw;
  }

  textOfLink(link) {
    return this.linkTexts[link];
  }

  chain(link) {
    const chain = [];
    for (let at = link; at !== null && at >= 0; at = this.linkBefore[at]) chain.push(at);
    return chain.reverse();
  }

  async links() {
    if (this.linkBefore) return;
    const rows = await this.blocks.whole("links");
    const total = rows.reduce((sum, row) => sum + row[2], 0);
    const [before, texts] = [new Int32Array(total), new Int32Array(total)];
    let at = 0;
    for (const [first, text, length] of rows) {
      for (let step = 0; step < length; step += 1, at += 1) {
        before[at] = step ? at - 1 : first;
        texts[at] = text + step;
      }
    }
    [this.linkBefore, this.linkTexts] = [before, texts];
  }

  readyLinks(links) {
    return this.blocks.ready("messages", links.map((link) => this.linkTexts[link]));
  }

  // Everything that a turn shows before somebody unfolds more.
  async turn(at) {
    await Promise.all([this.blocks.ready("turns", [at]), this.links()]);
    const turn = this.blocks.entry("turns", at);
    const [texts, links, messages, lines] = [[], [], [turn.said, turn.reply], []];
    for (const exchange of turn.exchanges) {
      texts.push(exchange.headers, exchange.body, exchange.response && exchange.response.headers);
      for (const [, text, link] of exchange.fields) {
        texts.push(text);
        if (link !== null && link !== exchange.messages) links.push(...this.chain(link));
      }
      messages.push(exchange.answer.message);
      const chain = this.chain(exchange.messages);
      links.push(...chain.slice(exchange.kept, exchange.kept + PAGE), ...concernedHistory(this, exchange, chain.slice(0, exchange.kept)).map((index) => chain[index]));
    }
    for (const tool of turn.tools) messages.push(tool.output);
    for (let line = turn.log[0]; line < turn.log[1]; line += 1) lines.push(line);
    const numbers = (values) => values.filter((value) => typeof value === "number");
    await Promise.all([
      this.blocks.ready("texts", texts),
      this.blocks.ready("messages", numbers(messages)),
      this.readyLinks(links),
      this.blocks.ready("log", lines),
      this.blocks.ready("findings", this.findingsNear(at, turn)),
    ]);
    const { key, number, outcome, duration } = this.columns;
    return { ...turn, place: at, key: key[at], number: number[at], outcome: outcome[at], duration: duration[at], lines: lines.map((line) => this.blocks.entry("log", line)) };
  }

  findingsNear(at, turn) {
    return [...(this.ofTurn.get(at) || []), ...turn.exchanges.flatMap((exchange) => this.byExchange.get(exchange.id) || [])];
  }
}

// The words of a message, as `glimpse` reads them where the payload is made.
function wordsOf(value) {
  const content = "content" in value ? value.content : value.output;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return content === null || content === undefined ? "" : JSON.stringify(content);
  return content.map((part) => (part && typeof part === "object" ? part.text || part.content || `[${part.type}]` : String(part))).join("\n");
}
