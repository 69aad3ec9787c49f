// One exchange to read: the request message by message, with what is new in it marked and findings at their place;
// the answer, its chunks, its headers.

const DEEP = 6;
const NEAR = 2;

function findingCard(model, number) {
  const finding = model.finding(number);
  const card = el(
    "aside",
    { class: `finding is-${finding.severity in ICONS ? finding.severity : "info"}`, "data-finding": number, tabindex: "-1" },
    el("p", { class: "finding-name" }, badge(finding.severity), el("span", { class: "code" }, finding.code), el("span", { class: "rule" }, finding.rule)),
    el("p", { class: "summary" }, finding.summary),
  );
  if (finding.pointer) card.append(pointerLine(finding.pointer));
  if (finding.words) card.append(quote(finding.refused ? "The server refused it" : "The server said", finding.words));
  if (finding.because) card.append(el("p", { class: "because" }, finding.because));
  if (finding.origin) card.append(el("p", { class: "origin" }, `Written by ${finding.origin}.`));
  card.append(factsOf(count(finding.evidence.length, "fact to check", "facts to check"), finding.evidence, "evidence"));
  card.append(factsOf(count(finding.consequences.length, "consequence"), finding.consequences, "consequences"));
  if (finding.fix) card.append(el("div", { class: "fix" }, el("p", { class: "kicker" }, "Fix"), el("p", {}, finding.fix)));
  if (finding.repeats) card.append(el("p", { class: "repeats" }, `Found again in ${count(finding.repeats, "later exchange")}.`));
  return card;
}

// Facts as a list to unfold; nothing where there are none.
function factsOf(label, facts, kind) {
  if (!facts.length) return "";
  return el("details", { class: kind }, el("summary", {}, label), el("ul", {}, facts.map((fact) => el("li", {}, bothEnds(fact, 1200)))));
}

// Where it is, with the last part, which names the thing, set off.
function pointerLine(pointer) {
  const cut = pointer.lastIndexOf("/") + 1;
  return el("p", { class: "pointer" }, el("span", {}, "at "), el("code", {}, pointer.slice(0, cut), el("mark", {}, pointer.slice(cut))));
}

function findingCards(model, numbers) {
  return numbers.map((number) => findingCard(model, number));
}

function quote(label, words) {
  return el("figure", { class: "quote words" }, el("figcaption", {}, label), quoted(bothEnds(words, 1200)));
}

// The messages of a request. What the request before had sent too is folded.
function messageList(model, exchange) {
  const chain = model.chain(exchange.messages);
  const box = el("div", { class: "messages" });
  const kept = Math.min(exchange.kept, chain.length);
  const build = (link, index) => {
    const findings = model.placed(exchange.id, "message", (finding) => finding.message === index);
    const facts = { index, fresh: index >= kept, findings, earlier: earlierNote(model, exchange, link, findings) };
    return messageCard(model, model.message(model.textOfLink(link)), facts);
  };
  if (exchange.dropped) {
    const words = `${count(exchange.dropped, "message")} of the request before ${exchange.dropped === 1 ? "is" : "are"} gone or rewritten here.`;
    box.append(el("p", { class: "rewritten" }, icon("≠"), words));
  }
  if (kept) {
    const label = `${count(kept, "message")} sent before${kept === chain.length ? ", nothing new" : ""}`;
    const ready = (links) => model.readyLinks(links);
    const history = async () => {
      const list = paged(el("div", { class: "messages" }), chain.slice(0, kept), build, ready);
      await list.whole;
      return list;
    };
    box.append(fold(label, history, { class: "fold history" }));
    const concerned = concernedHistory(model, exchange, chain.slice(0, kept));
    append(box, concerned.map((index) => build(chain[index], index)));
  }
  const fresh = chain.slice(kept);
  if (fresh.length) box.append(paged(el("div", { class: "messages" }), fresh, (link, at) => build(link, kept + at), (links) => model.readyLinks(links)));
  return box;
}

// Old messages that a finding concerns are not left in the fold: those of this request, and the nearest found earlier.
function concernedHistory(model, exchange, history) {
  const here = new Set(model.placed(exchange.id, "message").map((number) => model.findings[number].message));
  const indexes = history.map((link, index) => index);
  const earlier = indexes.filter((index) => !here.has(index) && model.byLink.has(history[index]));
  return [...indexes.filter((index) => here.has(index)), ...earlier.slice(-NEAR)].sort((a, b) => a - b);
}

function earlierNote(model, exchange, link, here) {
  const found = (model.byLink.get(link) || []).filter((number) => !here.includes(number));
  if (!found.length) return null;
  return el(
    "p",
    { class: "earlier" },
    found.slice(0, DEEP).map((number) => el("a", { href: `${model.hash}/finding-${number + 1}` }, icon(ICONS[model.findings[number].severity] || "●"), `${model.findings[number].code} found at this message in exchange ${model.findings[number].exchange}`)),
  );
}

function fieldRow(model, exchange, [key, number, link]) {
  const findings = model.placed(exchange.id, "field", (finding) => finding.key === key);
  const line = el("div", { class: `field${findings.length ? " has-finding" : ""}`, "data-field": oneLine(key, 80) });
  line.append(el("dt", {}, oneLine(key, 80)));
  const value = el("dd", {});
  if (number === null && link === null) value.append(el("em", {}, "not sent"));
  else if (number !== null && model.text(number).length < 160) value.append(visible(model.text(number)));
  else value.append(fold(fieldLabel(model, key, number, link), () => longText(fieldText(model, number, link), "wire")));
  line.append(value);
  if (findings.length) line.append(el("div", { class: "field-findings" }, findingCards(model, findings)));
  return line;
}

function fieldText(model, number, link) {
  if (number !== null) return pretty(model.text(number));
  return model.chain(link).map((one) => pretty(model.message(model.textOfLink(one)))).join(",\n");
}

function fieldLabel(model, key, number, link) {
  const entries = link !== null ? model.chain(link).map((one) => parsed(model.message(model.textOfLink(one)))) : parsed(model.text(number));
  if (!Array.isArray(entries)) return `${(number === null ? 0 : model.text(number).length).toLocaleString("en")} characters`;
  const names = entries.map((entry) => entry && entry.function && entry.function.name).filter((name) => typeof name === "string");
  return names.length ? `${entries.length}: ${oneLine(names.join(", "), 100)}` : count(entries.length, key === "tools" ? "tool" : "entry");
}

function requestPart(model, exchange) {
  const box = el("section", { class: "request", "aria-label": "Request" }, el("h5", {}, "Request"));
  const about = model.placed(exchange.id, "url");
  box.append(el("div", { class: `url${about.length ? " has-finding" : ""}`, "data-field": "url" }, el("code", {}, `${exchange.method} ${exchange.url}`), findingCards(model, about)));
  const fields = exchange.fields.filter((field) => field[2] === null || field[2] !== exchange.messages);
  const sent = new Set(exchange.fields.map((field) => field[0]));
  const absent = new Set(model.placed(exchange.id, "field").map((number) => model.finding(number).key).filter((key) => !sent.has(key)));
  const rows = [...fields, ...[...absent].map((key) => [key, null, null])];
  if (rows.length) box.append(el("dl", { class: "fields" }, rows.map((field) => fieldRow(model, exchange, field))));
  if (exchange.messages !== null) box.append(messageList(model, exchange));
  if (exchange.body !== null) box.append(fold("body as sent", () => longText(model.text(exchange.body), "wire"), { open: exchange.messages === null }));
  if (exchange.headers !== null) box.append(fold("request headers", () => longText(model.text(exchange.headers), "wire")));
  return box;
}

function answerPart(model, exchange) {
  const answer = exchange.answer;
  const response = exchange.response;
  const box = el("section", { class: "answer", "aria-label": "Response", "data-field": "answer" }, el("h5", {}, "Response"));
  const told = [];
  if (response) told.push(`status ${response.status}`);
  if (answer.finish_reason) told.push(`finish_reason ${oneLine(answer.finish_reason, 40)}`);
  if (answer.usage.input_tokens || answer.usage.output_tokens) told.push(`${count(answer.usage.input_tokens, "token")} in, ${answer.usage.output_tokens.toLocaleString("en")} out`);
  if (!answer.complete && answer.refusal === null) told.push("broken off before its end");
  box.append(el("p", { class: "told" }, told.join(" · ") || "no response came"));
  append(box, findingCards(model, model.placed(exchange.id, "answer")));
  if (answer.refusal !== null) box.append(el("figure", { class: "quote refusal" }, el("figcaption", {}, icon("✗"), response ? "Refused" : "Failed"), quoted(bothEnds(answer.refusal, 2000))));
  if (answer.message !== null) box.append(messageCard(model, model.message(answer.message), { index: null, fresh: false, findings: [], earlier: null }));
  if (exchange.failure && exchange.failure !== answer.refusal) box.append(el("p", { class: "nothing" }, exchange.failure));
  if (response && response.body !== null) box.append(received(model, exchange, answer.refusal !== null));
  if (response && response.headers !== null) box.append(fold("response headers", () => longText(model.text(response.headers), "wire")));
  return box;
}

function exchangeCard(model, exchange, open) {
  const failed = exchange.answer.refusal !== null;
  const found = (model.byExchange.get(exchange.id) || []).map((number) => model.findings[number]);
  const facts = [];
  if (exchange.count !== null) facts.push(count(exchange.count, "message"));
  if (exchange.response && exchange.response.streamed) facts.push(count(exchange.response.chunks, "chunk"));
  if (exchange.response && exchange.response.first) facts.push(`first byte ${seconds(exchange.response.first / 1000)}`);
  if (exchange.duration) facts.push(`took ${seconds(exchange.duration / 1000)}`);
  const status = exchange.response ? String(exchange.response.status) : "no answer";
  const title = [
    el("span", { class: `status ${failed ? "bad" : "good"}` }, icon(failed ? "✗" : "✓"), status),
    el("code", { class: "line" }, oneLine(`${exchange.method} ${exchange.path}`, 120)),
    exchange.attempt > 1 && el("span", { class: "retry" }, `try ${exchange.attempt}`),
    el("span", { class: "facts" }, facts.join(" · ")),
    exchange.answer.calls.length > 0 && el("span", { class: "wishes" }, `→ ${oneLine(exchange.answer.calls.join(", "), 80)}`),
    found.length > 0 && el("span", { class: "found" }, found.slice(0, DEEP).map((finding) => badge(finding.severity))),
  ];
  const inside = () => [
    el("div", { class: "acts" }, curlButton(model, exchange)),
    findingCards(model, model.placed(exchange.id, "exchange")),
    requestPart(model, exchange),
    answerPart(model, exchange),
  ];
  const card = fold(title, () => el("div", { class: "exchange-body" }, inside()), { class: "exchange", open });
  card.dataset.exchange = exchange.id;
  return card;
}
