// One message to read: its role, its parts, the findings that concern it, and its text as it was sent.

function messageCard(model, raw, facts) {
  const value = parsed(raw);
  const known = value !== null && typeof value === "object" && !Array.isArray(value);
  const role = known && typeof value.role === "string" ? value.role : known && typeof value.type === "string" ? value.type : "?";
  const card = el("article", {
    class: `message${facts.fresh ? " is-new" : ""}${facts.findings.length ? " has-finding" : ""}`,
    "data-role": ["system", "developer", "user", "assistant", "tool"].includes(role) ? role : "other",
    "data-message": facts.index,
    tabindex: "-1",
  });
  const head = el("header", {}, el("span", { class: "role" }, oneLine(role, 40)));
  if (facts.index !== null) head.append(el("code", { class: "index" }, `messages[${facts.index}]`));
  if (facts.fresh) head.append(el("span", { class: "fresh" }, "new"));
  card.append(head);
  const body = el("div", { class: "message-body" });
  if (known) append(body, messageParts(value, role));
  else body.append(longText(raw, "wire"));
  body.append(fold("as sent", () => longText(raw, "wire"), { class: "fold as-sent" }));
  card.append(body);
  if (facts.earlier) card.append(facts.earlier);
  append(card, findingCards(model, facts.findings));
  return card;
}

function messageParts(value, role) {
  const parts = [];
  const thought = value.reasoning_content || value.reasoning;
  if (typeof thought === "string" && thought) parts.push(fold("reasoning", () => longText(thought, "aside")));
  if (value.tool_call_id !== undefined) parts.push(el("p", { class: "answers" }, "answers ", el("code", {}, String(value.tool_call_id))));
  if ("content" in value) parts.push(...contentParts(value.content, role === "tool" ? "wire" : ""));
  else if ("output" in value) parts.push(...contentParts(value.output, "wire"));
  for (const call of Array.isArray(value.tool_calls) ? value.tool_calls : []) parts.push(callBlock(call));
  const told = ["role", "content", "output", "tool_calls", "tool_call_id", "reasoning", "reasoning_content"];
  for (const [key, rest] of Object.entries(value)) {
    if (told.includes(key)) continue;
    parts.push(el("p", { class: "extra" }, el("code", {}, oneLine(key, 60)), " ", el("code", {}, oneLine(JSON.stringify(rest), 200))));
  }
  return parts;
}

function contentParts(content, kind) {
  if (content === null) return [el("p", { class: "nothing" }, "content is null")];
  if (content === "") return [el("p", { class: "nothing" }, "content is an empty text")];
  if (typeof content === "string") return [longText(content, kind)];
  if (!Array.isArray(content)) return [longText(JSON.stringify(content, null, 2), "wire")];
  return content.map((part) => {
    const text = part && typeof part === "object" ? part.text : part;
    const name = part && typeof part === "object" ? String(part.type) : typeof part;
    const inside = typeof text === "string" ? longText(text, kind) : longText(JSON.stringify(part, null, 2), "wire");
    return el("div", { class: "part" }, el("span", { class: "part-name" }, oneLine(name, 40)), inside);
  });
}

function callBlock(call) {
  const wish = call && typeof call === "object" ? call : {};
  const inner = wish.function && typeof wish.function === "object" ? wish.function : {};
  const given = inner.arguments;
  const text = typeof given === "string" ? given : JSON.stringify(given) || "";
  const broken = typeof given === "string" && parsed(given) === undefined;
  return el(
    "div",
    { class: "call" },
    el("p", { class: "call-name" }, icon("→"), el("b", {}, oneLine(String(inner.name), 80)), el("code", {}, oneLine(String(wish.id), 80))),
    longText(pretty(text), "wire"),
    broken && el("p", { class: "nothing" }, "these arguments are no JSON"),
  );
}

