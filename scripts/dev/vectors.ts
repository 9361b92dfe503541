// npm run vectors: writes test/vectors/machine.json: single steps with the cells they open, for every kind of step and every Result that it can have.
// Both twins run them. They are steps of random programs, chosen for variety and size, and pairs on both sides of every edge; write them anew when the
// machine's rules change.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Result, nameOf } from "../../src/machine/Result.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { REPORT } from "../../src/machine/step/Messages.ts";
import type { Vector } from "../../test/vectors/vector.ts";
import { encode } from "../../test/vectors/vector.ts";
import type { Recorded } from "./lockstep/Lane.ts";
import { boundaries } from "./lockstep/Boundaries.ts";
import { run } from "./lockstep/Programs.ts";
import { kindOf } from "./lockstep/Referee.ts";

const SEED = 20_260_202;
const STEPS = 9000;
/** Of each kind and Result: so many small ones, and so many others. */
const SMALL = 2;
const OTHERS = 2;
/** LIMIT: a larger step is left to lockstep. */
const MAX_PROOF_BYTES = 6000;

/** Reports that enter a settlement window, or settle, are steps of their own kind in all but name. */
function varietyOf({ input, outcome }: Recorded): string {
	if (input.payload[0] !== REPORT || outcome.result !== Result.Ok) return "";
	if (outcome.amount > 0) return "/settles";
	const second = Bytes.uint(input.payload, 2, 5) % 86_400;
	return second >= 27_000 && second < 27_060 ? "/entersWindow" : "";
}

const groups = new Map<string, { bytes: number; vector: Vector }[]>();
let step = 0;
await run(SEED, STEPS, async (recorded: Recorded) => {
	step += 1;
	const bytes = recorded.evm.proof.length;
	if (bytes > MAX_PROOF_BYTES) return;
	const name = `${kindOf(recorded.input)}/${nameOf(recorded.outcome.result)}${varietyOf(recorded)}`;
	const group = groups.get(name) ?? [];
	groups.set(name, group);
	if (group.length < SMALL + OTHERS) group.push({ bytes, vector: encode(name, recorded) });
	else if (bytes < (group[0]?.bytes ?? 0)) group[0] = { bytes, vector: encode(name, recorded) };
	else if (step % 97 === 0) group[SMALL + (step % OTHERS)] = { bytes, vector: encode(name, recorded) };
	group.slice(0, SMALL).sort((a, b) => b.bytes - a.bytes);
});
const vectors = [...groups.entries()].sort(([a], [b]) => a.localeCompare(b)).flatMap(([, group]) => group.map(({ vector }) => vector));
/** Programs at the edge begin alike: a step that is the same again is left out. */
const seen = new Set<string>();
for (const { name, recorded } of boundaries()) {
	const vector = encode(`edge/${name}`, recorded);
	const same = `${vector.proof}/${vector.target}/${vector.input.payload}`;
	if (seen.has(same)) continue;
	seen.add(same);
	vectors.push(vector);
}
const folder = join(import.meta.dirname, "..", "..", "test", "vectors");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "machine.json"), `[\n${vectors.map((vector) => JSON.stringify(vector)).join(",\n")}\n]\n`);
process.stdout.write(`${vectors.length} vectors of ${groups.size} kinds and Results\n`);
