// Belljar's policies against @cedar-policy/cedar-wasm on random policies and requests.
//
//   npm install --prefix DIR @cedar-policy/cedar-wasm      # never inside this repository
//   BELLJAR_NPM=DIR node cedar_peer.mjs DRIVER REQUESTS SEED
//
// Where every Cedar policy can be evaluated the answers must be equal. Where one cannot, Cedar leaves it out and we must
// deny, whatever Cedar says of the rest. Exit 0: so it is; 1: not, each case printed; 77: the package is not there.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [driver, requests = "5000", seed = "1"] = process.argv.slice(2);

let cedar;
try {
  cedar = createRequire(`${process.env.BELLJAR_NPM ?? "."}/x.js`)("@cedar-policy/cedar-wasm/nodejs");
} catch (error) {
  console.log(`skipped: no @cedar-policy/cedar-wasm below BELLJAR_NPM (${error.code ?? error.message})`);
  process.exit(77);
}

let state = Number(seed) >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const chance = (p) => random() < p;
const some = (most, make) => [...new Set(Array.from({ length: 1 + below(most) }, make))];

const HOSTS = ["a.example", "b.example", "x.a.example", "y.x.a.example", "example", "other.test", "a.exampl"];
const HOST_PATTERNS = ["a.example", "b.example", "*.example", "**.example", "**.a.example", "*.a.example", "**", "other.test"];
const SUBJECTS = ["alice", "agent-1", "agent-2", "bob", "workload"];
const SUBJECT_PATTERNS = ["alice", "agent-*", "*", "b*b", "*-2"];
const PATHS = ["/", "/v1/", "/v1/users", "/v1/users/7", "/v1/admin/keys", "/v2/x", "/v1users", "/a%20b"];
const PATH_PATTERNS = ["/", "/v1/**", "/v1/*", "/v1/users", "/v1/u*s", "/**", "/v1/*/7", "/v1/admin/**"];
const TOOLS = ["files/read_file", "files/delete_file", "db/query", "db/read_row", "model-a", "model-b"];
const TOOL_PATTERNS = ["files/read_file", "files/*", "db/query", "db/r*w", "files/delete_*"];
const MODEL_PATTERNS = ["model-a", "model-*", "*", "alice"];
const DATA = ["public", "public.web", "patient.record", "patient.record.old", "synthetic"];
const DATA_PATTERNS = ["public", "public.*", "patient.**", "**", "synthetic"];
const ATTRIBUTES = {
  connect: { scheme: ["https", "http", "tcp"], port: [80, 443, 8080], method: ["GET", "POST", "PUT"], path: PATHS,
    host_kind: ["name", "address"], bytes: [0, 1, 100, 65536] },
  call: { bytes: [0, 1, 100, 65536], stream: [true, false] },
  send: { direction: ["request", "answer", "failure"], bytes: [0, 1, 100, 65536], tokens: [0, 10, 1000] },
  "use data": { direction: ["request", "answer"] },
  read: {}, write: {},
};
const RESOURCES = { connect: HOSTS, call: TOOLS, send: ["model-a", "model-b", "alice"], "use data": DATA, read: PATHS, write: PATHS };
const ACTIONS = Object.keys(ATTRIBUTES);

const leaf = (action) => {
  const known = { subject: SUBJECTS, resource: RESOURCES[action], ...ATTRIBUTES[action] };
  const name = pick(Object.keys(known));
  const value = pick(known[name]);
  const shown = (one) => (typeof one === "string" ? `"${one}"` : String(one));
  const kind = below(10);
  if (kind === 0 && name !== "subject" && name !== "resource") return `has ${name}`;
  if (typeof value === "boolean") return chance(0.5) ? name : `${name} == ${value}`;
  if (kind < 3) return `${name} ${chance(0.3) ? "not " : ""}in [${some(3, () => shown(pick(known[name]))).join(", ")}]`;
  if (typeof value === "number") return `${name} ${pick(["==", "!=", "<", "<=", ">", ">="])} ${value}`;
  if (kind < 5) return `${name} ${chance(0.3) ? "not " : ""}like "${value.slice(0, below(value.length))}*${value.slice(-below(3) || value.length)}"`;
  if (kind === 5) {
    const others = Object.keys(known).filter((one) => typeof known[one][0] === typeof value);
    return `${name} ${pick(["==", "!="])} ${pick(others)}`;
  }
  return `${name} ${pick(["==", "!="])} ${shown(value)}`;
};
const condition = (action, depth) => {
  const kind = depth === 0 ? 0 : below(4);
  if (kind < 2) return leaf(action);
  if (kind === 2) return `not (${condition(action, depth - 1)})`;
  return `(${condition(action, depth - 1)}) ${pick(["and", "or"])} (${condition(action, depth - 1)})`;
};

const SELECTORS = {
  connect: () => ({ hosts: some(2, () => pick(HOST_PATTERNS)), ...(chance(0.4) && { ports: some(2, () => pick([80, 443])) }),
    ...(chance(0.3) && { methods: some(2, () => pick(["GET", "POST"])) }), ...(chance(0.3) && { schemes: ["https"] }),
    ...(chance(0.3) && { paths: some(2, () => pick(PATH_PATTERNS)) }) }),
  call: () => (chance(0.5) ? { tools: some(2, () => pick(TOOL_PATTERNS)) }
    : { tools: [pick(TOOL_PATTERNS)], models: some(2, () => pick(MODEL_PATTERNS)) }),
  send: () => ({ models: some(2, () => pick(MODEL_PATTERNS)) }),
  "use data": () => ({ data: some(2, () => pick(DATA_PATTERNS)) }),
  read: () => ({ paths: some(2, () => pick(PATH_PATTERNS)) }),
  write: () => ({ paths: some(2, () => pick(PATH_PATTERNS)) }),
};

const rule = (number) => {
  const action = pick(ACTIONS);
  const one = chance(0.65) ? { permit: `r${number}` } : { forbid: `r${number}` };
  one.action = action;
  if (chance(0.3)) one.who = some(2, () => pick(SUBJECT_PATTERNS));
  one.what = SELECTORS[action]();
  if (chance(0.5)) one.when = condition(action, 2);
  return one;
};

const ask = () => {
  const action = pick(ACTIONS);
  const context = {};
  for (const [name, values] of Object.entries(ATTRIBUTES[action])) if (chance(0.85)) context[name] = pick(values);
  return { subject: pick(SUBJECTS), action, resource: pick(RESOURCES[action]), context };
};

const child = spawn(driver, { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const PER_POLICY = 50;
let compared = 0, allowed = 0, skipped = 0, skippedAllowed = 0, disagreements = 0;
for (let index = 0; compared < Number(requests) && disagreements < 20; ++index) {
  const policy = { "belljar-policy": 1, name: "p", rules: Array.from({ length: 3 + below(12) }, (_, number) => rule(number)) };
  const asked = Array.from({ length: PER_POLICY }, ask);
  child.stdin.write(`${JSON.stringify({ policy, requests: asked })}\n`);
  const ours = JSON.parse((await lines.next()).value);
  if (ours.refused) {
    console.log(`policy ${index} refused: ${ours.refused}\n${JSON.stringify(policy)}`);
    process.exit(1);
  }
  const parsed = cedar.preparsePolicySet("p", { staticPolicies: ours.cedar });
  if (parsed.type !== "success") {
    console.log(`Cedar does not read policy ${index}: ${JSON.stringify(parsed)}\n${ours.cedar}`);
    process.exit(1);
  }
  for (let at = 0; at < PER_POLICY; ++at, ++compared) {
    const one = asked[at];
    const theirs = cedar.statefulIsAuthorized({ principal: { type: "Subject", id: one.subject },
      action: { type: "Action", id: one.action }, resource: { type: "Thing", id: "it" },
      context: { ...one.context, subject: one.subject, resource: one.resource }, preparsedPolicySetId: "p", entities: [],
      validateRequest: false });
    if (theirs.type !== "success") {
      console.log(JSON.stringify(theirs));
      process.exit(1);
    }
    const { decision, diagnostics } = theirs.response;
    const mine = ours.answers[at];
    const failing = diagnostics.errors.length > 0;
    // A forbid that holds decides before a rule that cannot be evaluated does; both deny.
    const forbidden = decision === "deny" && diagnostics.reason.length > 0;
    const expected = failing ? "deny" : decision;
    allowed += mine.answer === "allow" ? 1 : 0;
    skipped += failing ? 1 : 0;
    skippedAllowed += failing && decision === "allow" ? 1 : 0;
    if (mine.answer === expected && mine.failed === (failing && !forbidden)) continue;
    ++disagreements;
    console.log(JSON.stringify({ seed, index, request: one, ours: mine, theirs: theirs.response, cedar: ours.cedar }));
  }
}
child.stdin.end();
console.log(`${compared} requests, seed ${seed}: ${allowed} allowed by both, ${skipped} where Cedar left out a policy that cannot ` +
  `be evaluated (it allowed ${skippedAllowed} of them, we none), ${disagreements} disagreements`);
process.exit(disagreements === 0 ? 0 : 1);
