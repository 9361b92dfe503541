import { Interface, hexlify } from "ethers";
import type { InterfaceAbi } from "ethers";
import * as Artifacts from "./Artifacts.ts";
import { CONTRACT_NAMES } from "./Deployment.ts";

const interfaces = new Map<string, Interface>();

/** Coder of a contract's calls and events. */
export function codecOf(name: string): Interface {
	let codec = interfaces.get(name);
	if (!codec) {
		codec = new Interface(Artifacts.of(name).abi);
		interfaces.set(name, codec);
	}
	return codec;
}

/** Name of the custom error in revert data, with its arguments: what a person reads. */
export function errorOf(data: string | undefined, fallback: string): string {
	if (!data || data === "0x") return fallback;
	for (const name of [...CONTRACT_NAMES, "BondPool"]) {
		if (name === "NormalTable") continue;
		const parsed = codecOf(name).parseError(data);
		if (parsed) return `${parsed.name}(${parsed.args.map(String).join(", ")})`;
	}
	return `${fallback} (${data.slice(0, 10)})`;
}

export type { InterfaceAbi };

export function hex(bytes: Uint8Array): string {
	return hexlify(bytes);
}
