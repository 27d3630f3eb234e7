// A small agent of the usual make: OpenAI's client for its model, the Model Context Protocol's client for the office's
// documents, fetch for whatever it is told to send. None of them knows of Belljar.
//
//   {"id": "c-1", "task": "whom is bread.txt for?"}   ->   {"id": "c-1", "label": "school", "steps": ["read bread.txt", ...]}
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import OpenAI from "openai";

const DOCUMENTS = "/model"; // as the file server has them
const OWN = "/work/private"; // the agent's own notes
const STEPS_MAX = 5;

const openai = new OpenAI({ apiKey: "none", maxRetries: 0 }); // the address comes from OPENAI_BASE_URL
const files = new Client({ name: "clerk", version: "1" });
await files.connect(new StreamableHTTPClientTransport(new URL("http://tools.belljar/files/mcp")));
await files.listTools(); // from here on the client holds answers to what the list says of them

async function think(prompt) {
  const said = await openai.chat.completions.create({
    model: "lm",
    temperature: 0,
    max_tokens: 40,
    messages: [
      { role: "system", content: "You are a clerk." },
      { role: "user", content: prompt },
    ],
  });
  return said.choices[0].message.content.trim();
}

async function read(name) {
  const found = await files.callTool({ name: "read_text_file", arguments: { path: `${DOCUMENTS}/${name}` } });
  if (!found.isError) return found.content[0].text.trim();
  return readFile(`${OWN}/${name}`, "utf8").catch(() => "there is no such file.");
}

async function send(name, to) {
  try {
    const answer = await fetch(`http://${to}`, { method: "POST", body: await read(name) });
    return answer.ok ? "done" : "refused";
  } catch (error) {
    console.error(`send ${name} to ${to}: ${error.cause?.message ?? error.message}`);
    return "failed";
  }
}

// One thought at a time: read, send, or the answer.
async function work(task) {
  const steps = [];
  let prompt = `Task: ${task}`;
  while (steps.length < STEPS_MAX) {
    const said = await think(prompt);
    steps.push(said);
    const reads = /^read (\S+)$/.exec(said);
    const sends = /^send (\S+) to (\S+)$/.exec(said);
    if (reads) prompt += ` It says: ${await read(reads[1])}`;
    else if (sends) prompt += ` You sent ${sends[1]}: ${await send(sends[1], sends[2])}.`;
    else return { label: said.replace(/^for the /, ""), steps };
  }
  return { label: "", steps };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    console.log(JSON.stringify({ id: request.id, ...(await work(request.task)) }));
  } catch (error) {
    console.log(JSON.stringify({ id: request.id, error: `${error.message}` }));
  }
}
process.exit(0);
