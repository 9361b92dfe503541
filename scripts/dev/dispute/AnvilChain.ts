// Foundry's chain in the place of the embedded one, for whoever trusts two implementations of the EVM more than one.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { JsonRpcProvider } from "ethers";
import type { EmbeddedChain } from "../../../src/chain/EmbeddedChain.ts";

/** LIMIT: how long it may take to answer. */
const START_MS = 20_000;
const BLOCK_GAS = 36_000_000;

/** Where npm puts it: straight to the program, because the package's launcher would leave it running when it is ended itself. */
const NAMES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const INSTALLED = join(
	import.meta.dirname,
	...["..", "..", "..", "node_modules", "@foundry-rs", `anvil-${process.platform}-${NAMES[process.arch] ?? process.arch}`, "bin", "anvil"],
);

/** The program that ANVIL names, npm's, or `anvil` from the PATH. */
export function programOf(): string {
	return process.env.ANVIL ?? (existsSync(INSTALLED) ? INSTALLED : "anvil");
}

/** Whether there is one to start. */
export function isThere(): boolean {
	return spawnSync(programOf(), ["--version"]).status === 0;
}

/** Starts Anvil. Throws an Error with one sentence when there is none. */
export async function start(startTime: number): Promise<EmbeddedChain> {
	const program = programOf();
	const args = ["--port", "0", "--timestamp", `${startTime}`, "--hardfork", "osaka", "--gas-limit", `${BLOCK_GAS}`, "--order", "fees"];
	const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
	const url = await new Promise<string>((resolve, reject) => {
		const give = (error: Error): void => reject(error);
		const timer = setTimeout(() => give(new Error(`${program} did not listen within ${START_MS / 1000} seconds.`)), START_MS);
		child.once("error", (cause) =>
			give(
				new Error(
					`No Anvil is found as "${program}": run "npm install --no-save --ignore-scripts @foundry-rs/anvil@1.7.1", or name its program in ANVIL.`,
					{ cause },
				),
			),
		);
		child.once("exit", (code) => give(new Error(`${program} ended with status ${code} before it listened.`)));
		let text = "";
		child.stdout.on("data", (chunk: Buffer) => {
			text += chunk.toString();
			const [, address] = /Listening on ([\d.]+:\d+)/.exec(text) ?? [];
			if (!address) return;
			clearTimeout(timer);
			child.removeAllListeners("exit");
			// It writes a line for every call, which nobody reads.
			child.stdout.removeAllListeners("data").resume();
			resolve(`http://${address}`);
		});
	});
	const provider = new JsonRpcProvider(url, 31337, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 50, batchStallTime: 0 });
	const quantity = (value: number): string => `0x${value.toString(16)}`;
	return {
		url,
		provider,
		async mine(blocks) {
			await provider.send("anvil_mine", [quantity(blocks), quantity(1)]);
		},
		async mineAt(time) {
			await provider.send("evm_setNextBlockTimestamp", [quantity(time)]);
			await provider.send("evm_mine", []);
		},
		snapshot: () => provider.send("evm_snapshot", []) as Promise<string>,
		async revert(id) {
			await provider.send("evm_revert", [id]);
		},
		async close() {
			provider.destroy();
			child.kill();
			await new Promise((resolve) => child.once("exit", resolve));
		},
	};
}
