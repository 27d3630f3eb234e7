// Belljar's validator against @hyperjump/json-schema on random schemas and values: every verdict must be the same.
//
//   npm install --prefix DIR @hyperjump/json-schema      # never inside this repository
//   BELLJAR_NPM=DIR node schema_peer.mjs DRIVER PAIRS SEED
//
// Exit 0: no disagreement; 1: some, each printed; 77: the package is not there. Equal seeds make equal pairs.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [driver, pairs = "2000", seed = "1"] = process.argv.slice(2);

let peer;
try {
  const require = createRequire(`${process.env.BELLJAR_NPM ?? "."}/x.js`);
  peer = await import(pathToFileURL(require.resolve("@hyperjump/json-schema/draft-2020-12")).href);
} catch (error) {
  console.log(`skipped: no @hyperjump/json-schema below BELLJAR_NPM (${error.code ?? error.message})`);
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
const some = (most, make) => Array.from({ length: 1 + below(most) }, make);

const NAMES = ["a", "b", "c", "foo", "x-1", "é", "a/b", "", "toString", "🙂"];
const TEXTS = ["", "a", "ab", "abc", "foo", "Foo1", "é", "🙂🙂", "a b", "12", "-3", "x-1", "\n", "aaaaaaaa", "Ωmega", "_"];
const NUMBERS = [0, 1, -1, 2, 3, 5, 10, 0.5, 1.5, -2.5, 100, 1e3, 0.1, 0.3, 4, 7, 1e15, -0.0, 2.0, 9007199254740991];
const PATTERNS = ["^a", "b$", "^[a-z]+$", "\\d", "^\\w{2,4}$", "o+", "^.$", "\\p{Lu}", "^\\S*$", "a|b", "^(ab?)*$", "[^a-c]",
  "^\\u{1F642}", "x-\\d", "^$", "(?:foo|\\bbar)", "\\s", "^\\D+$"];
const TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"];

const value = (depth) => {
  const kind = below(depth > 0 ? 9 : 6);
  if (kind === 0) return pick([null, true, false]);
  if (kind < 3) return pick(NUMBERS);
  if (kind < 6) return pick(TEXTS);
  if (kind === 6) return Array.from({ length: below(5) }, () => value(depth - 1));
  const object = {};
  for (let i = below(5); i > 0; --i) object[pick(NAMES)] = value(depth - 1);
  return object;
};

// `floor`: in place, a definition may refer to lower ones alone, so that nothing applies itself without end.
const reference = (floor, inPlace) => {
  const lower = inPlace ? floor : 3;
  const choices = lower > 0 ? [`#/$defs/d${below(lower)}`, `#named${below(lower)}`] : [];
  if (!inPlace) choices.push("#");
  return choices.length > 0 ? pick(choices) : undefined;
};

const KEYWORDS = {
  type: () => (chance(0.3) ? [...new Set(some(3, () => pick(TYPES)))] : pick(TYPES)),
  const: () => value(1),
  enum: () => some(4, () => value(1)),
  minimum: () => pick(NUMBERS), maximum: () => pick(NUMBERS),
  exclusiveMinimum: () => pick(NUMBERS), exclusiveMaximum: () => pick(NUMBERS),
  multipleOf: () => pick([1, 2, 3, 0.5, 0.25, 10]),
  minLength: () => below(4), maxLength: () => below(5), pattern: () => pick(PATTERNS),
  minItems: () => below(3), maxItems: () => below(4), uniqueItems: () => chance(0.8),
  minProperties: () => below(3), maxProperties: () => below(4),
  required: () => [...new Set(some(2, () => pick(NAMES)))],
  dependentRequired: () => ({ [pick(NAMES)]: [pick(NAMES)] }),
  prefixItems: (d, f) => some(3, () => schema(d - 1, f, false)),
  items: (d, f) => schema(d - 1, f, false),
  contains: (d, f) => schema(d - 1, f, false),
  minContains: () => below(3), maxContains: () => below(3),
  properties: (d, f) => map(d, f, () => pick(NAMES), false),
  patternProperties: (d, f) => map(d, f, () => pick(PATTERNS), false),
  additionalProperties: (d, f) => schema(d - 1, f, false),
  propertyNames: (d, f) => schema(d - 1, f, false),
  dependentSchemas: (d, f) => map(d, f, () => pick(NAMES), true),
  allOf: (d, f) => some(2, () => schema(d - 1, f, true)),
  anyOf: (d, f) => some(3, () => schema(d - 1, f, true)),
  oneOf: (d, f) => some(3, () => schema(d - 1, f, true)),
  not: (d, f) => schema(d - 1, f, true),
  if: (d, f) => schema(d - 1, f, true), then: (d, f) => schema(d - 1, f, true), else: (d, f) => schema(d - 1, f, true),
  unevaluatedItems: (d, f) => (chance(0.6) ? false : schema(d - 1, f, false)),
  unevaluatedProperties: (d, f) => (chance(0.6) ? false : schema(d - 1, f, false)),
  $ref: (d, f, inPlace) => reference(f, inPlace),
  $dynamicRef: (d, f, inPlace) => (inPlace ? undefined : "#node"),
  format: () => pick(["date", "ipv4", "nonsense"]), title: () => "t", description: () => "d",
};
const LEAVES = ["type", "const", "enum", "minimum", "maximum", "minLength", "pattern", "multipleOf", "required"];

const map = (depth, floor, name, inPlace) => {
  const out = {};
  for (let i = 1 + below(3); i > 0; --i) out[name()] = schema(depth - 1, floor, inPlace);
  return out;
};

function schema(depth, floor, inPlace) {
  if (chance(0.06)) return chance(0.6);
  const out = {};
  const names = depth <= 0 ? LEAVES : Object.keys(KEYWORDS);
  for (let i = 1 + below(depth <= 0 ? 2 : 4); i > 0; --i) {
    const name = pick(names);
    const made = KEYWORDS[name](depth, floor, inPlace);
    if (made !== undefined) out[name] = made;
  }
  return out;
}

// A whole document: definitions with anchors, now and then one that is a resource of its own.
const document = () => {
  const root = schema(3, 3, true);
  if (typeof root === "boolean") return root;
  root.$defs = {};
  for (let i = 0; i < 3; ++i) {
    let definition = schema(2, i, true);
    if (typeof definition === "boolean") definition = { not: { not: definition } };
    definition.$anchor = `named${i}`;
    root.$defs[`d${i}`] = definition;
  }
  if (chance(0.5)) root.$dynamicAnchor = "node";
  root.$defs.inner = { $id: "inner", $defs: { leaf: { $dynamicAnchor: "node", ...schema(1, 0, false) } },
    properties: { a: { $dynamicRef: "#node" } } };
  delete root.$defs.inner.$defs.leaf.$ref;
  delete root.$defs.inner.$defs.leaf.$dynamicRef;
  if (!("$dynamicAnchor" in root)) root.$defs.fallback = { $dynamicAnchor: "node", type: ["object", "array", "string"] };
  if (chance(0.3)) root.$ref = "inner";
  return root;
};

const verdicts = async (index, document_, values) => {
  const uri = `https://peer.example/${index}`;
  try {
    peer.registerSchema(structuredClone(document_), uri, "https://json-schema.org/draft/2020-12/schema");
    const validate = await peer.validate(uri);
    return values.map((one) => validate(one).valid);
  } catch (error) {
    return { refused: String(error.message).slice(0, 200) };
  } finally {
    peer.unregisterSchema(uri);
  }
};

const child = spawn(driver, { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const PER_SCHEMA = 8;
let compared = 0, valid = 0, disagreements = 0, refused = 0;
for (let index = 0; compared < Number(pairs); ++index) {
  const one = document();
  const values = Array.from({ length: PER_SCHEMA }, () => value(3));
  child.stdin.write(`${JSON.stringify({ schema: one, values })}\n`);
  const ours = JSON.parse((await lines.next()).value);
  const theirs = await verdicts(index, one, values);
  compared += PER_SCHEMA;
  if (!Array.isArray(ours) && !Array.isArray(theirs)) {
    refused += PER_SCHEMA;
    continue;
  }
  for (let i = 0; i < PER_SCHEMA; ++i) {
    if (ours[i] !== undefined && ours[i] === theirs[i]) {
      valid += ours[i] ? 1 : 0;
      continue;
    }
    ++disagreements;
    console.log(JSON.stringify({ seed, index, schema: one, value: values[i], ours: ours[i] ?? ours, theirs: theirs[i] ?? theirs }));
    if (!Array.isArray(ours) || !Array.isArray(theirs)) break;
  }
}
child.stdin.end();
console.log(`${compared} pairs, seed ${seed}: ${valid} valid for both, ${refused} refused by both, ${disagreements} disagreements`);
process.exit(disagreements === 0 ? 0 : 1);
