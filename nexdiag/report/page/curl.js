// A request as a command line. It is text: the page runs nothing, and every word of the recording stands in quotes, so
// that a shell that gets it runs nothing but curl, and curl reads no file.

const ROOM = 100000;
const LEFT_OUT = new Set(["host", "content-length", "connection", "accept-encoding", "transfer-encoding", "content-encoding"]);
const KEYS = new Set(["authorization", "x-api-key", "api-key", "x-goog-api-key"]);
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

// One word of a shell. Characters that nobody would see are spelled out, which bash, zsh and ksh read.
function shellWord(text) {
  HIDDEN.lastIndex = 0;
  if (!HIDDEN.test(text)) return `'${text.replace(/'/g, "'\\''")}'`;
  const spelled = (character) => {
    const code = character.codePointAt(0);
    return code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  };
  return `$'${text.replace(/[\\']/g, "\\$&").replace(HIDDEN, spelled)}'`;
}

function curlHeaders(headers) {
  const words = [];
  for (const line of headers.split("\n")) {
    const cut = line.indexOf(": ");
    const [name, value] = [line.slice(0, cut).toLowerCase(), line.slice(cut + 2)];
    if (cut < 1 || !TOKEN.test(name) || LEFT_OUT.has(name)) continue;
    if (KEYS.has(name)) words.push(`-H "${name}: ${name === "authorization" ? "Bearer " : ""}$OPENAI_API_KEY"`);
    else words.push(`-H ${shellWord(`${name}: ${value}`)}`);
  }
  return words;
}

// A command line may be as long as a system allows; a longer body comes on standard input.
function curlText(exchange, headers, body) {
  const words = [`curl --globoff -X ${shellWord(exchange.method)}`, `--url ${shellWord(exchange.url)}`, ...curlHeaders(headers)];
  if (!body) return words.join(" \\\n  ");
  if (body.length < ROOM) return [...words, `--data-raw ${shellWord(body)}`].join(" \\\n  ");
  let end = "END";
  while (body.includes(end)) end += "_";
  return `${[...words, `--data-binary @- <<'${end}'`].join(" \\\n  ")}\n${body}\n${end}`;
}

async function bodyText(model, exchange) {
  if (exchange.body !== null) return model.text(exchange.body);
  const parts = [];
  for (const [key, text, link] of exchange.fields) {
    const chain = link === null ? [] : model.chain(link);
    await model.readyLinks(chain);
    const value = text !== null ? model.text(text) : `[${chain.map((one) => model.message(model.textOfLink(one))).join(",")}]`;
    parts.push(`"${key}":${value}`);
  }
  return parts.length ? `{${parts.join(",")}}` : "";
}

function curlButton(model, exchange) {
  const button = el("button", { type: "button", class: "more curl" }, "Copy as curl");
  const place = el("div", {});
  button.addEventListener("click", async () => {
    const text = curlText(exchange, exchange.headers === null ? "" : model.text(exchange.headers), await bodyText(model, exchange));
    const shown = el("textarea", { class: "command wire", "aria-label": "The request as a curl command" });
    shown.readOnly = true;
    shown.value = text;
    place.replaceChildren(shown);
    shown.focus();
    shown.select();
    const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
    say(copied ? "Copied as curl" : "The command is selected: press Ctrl+C to copy it");
    button.textContent = copied ? "Copied" : "Selected: press Ctrl+C";
  });
  return [button, place];
}
