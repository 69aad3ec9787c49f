// A chat in plain Node (18 or later), with no package: each argument is one message, each answer is streamed.
//
//     nexdiag capture -- node examples/agent.mjs "Hello, are you there?" "What did I say first?"
//
// It finds its server in OPENAI_BASE_URL, which `nexdiag capture` sets, and knows nothing of nexdiag.

const base = process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/v1";
const key = process.env.OPENAI_API_KEY ?? "no-key-required";
const model = process.env.MODEL ?? "tiny";

async function* pieces(messages) {
  const response = await fetch(`${base}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages, stream: true }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  let rest = "";
  // A chunk of the network is no line: it may end in the middle of one, or of a character.
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const said = line.startsWith("data:") ? line.slice(5).trim() : "";
      if (said && said !== "[DONE]") yield JSON.parse(said).choices[0]?.delta?.content ?? "";
    }
  }
}

const messages = [];
for (const text of process.argv.slice(2)) {
  messages.push({ role: "user", content: text });
  let answer = "";
  for await (const piece of pieces(messages)) {
    answer += piece;
    process.stdout.write(piece);
  }
  process.stdout.write("\n");
  messages.push({ role: "assistant", content: answer });
}
