import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { InterfaceAbi } from "ethers";

export type Artifact = { readonly abi: InterfaceAbi; readonly bytecode: string };
/** What the build wrote of a contract: also the path of its source, and which of the build's inputs it is of. */
export type Built = Artifact & { readonly sourceName: string; readonly buildInfoId: string };

const contracts = join(import.meta.dirname, "..", "..", "artifacts", "contracts");
const read = new Map<string, Built>();

/** ABI and creation code of a contract, as compiled, in whichever room its source lies. Throws an Error with one sentence when it was not. */
export function of(name: string): Built {
	let artifact = read.get(name);
	if (artifact) return artifact;
	const rooms = existsSync(contracts) ? readdirSync(contracts) : [];
	const file = rooms.map((room) => join(contracts, room, `${name}.sol`, `${name}.json`)).find(existsSync);
	if (file === undefined) throw new Error(`The contract ${name} is not compiled (it is nowhere in ${contracts}): run "npm run build".`);
	artifact = JSON.parse(readFileSync(file, "utf8")) as Built;
	read.set(name, artifact);
	return artifact;
}
