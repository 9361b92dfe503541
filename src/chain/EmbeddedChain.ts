import { createServer } from "node:net";
import { JsonRpcProvider } from "ethers";

/** A chain of one's own whose time may be moved: Hardhat's EDR in this process, with JSON-RPC on localhost. */
export type EmbeddedChain = {
	readonly url: string;
	readonly provider: JsonRpcProvider;
	/** Mines blocks a second apart. */
	mine(blocks: number): Promise<void>;
	/** Mines a block at this time, which must be later than the head's. */
	mineAt(time: number): Promise<void>;
	snapshot(): Promise<string>;
	revert(id: string): Promise<void>;
	close(): Promise<void>;
};

export type EmbeddedOptions = { readonly port?: number; readonly startTime?: number };

async function requireFree(port: number): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const probe = createServer();
		probe.once("error", (cause: NodeJS.ErrnoException) => {
			const reason = cause.code === "EADDRINUSE" ? "another program uses it" : (cause.code ?? cause.message);
			reject(
				new Error(`Port ${port} of 127.0.0.1 cannot be opened for the embedded L1: ${reason}. Choose another with --l1-port.`, { cause }),
			);
		});
		probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
	});
}

/** Starts it. Throws an Error with one sentence when the port is taken. */
export async function start(options: EmbeddedOptions = {}): Promise<EmbeddedChain> {
	const port = options.port ?? 0;
	if (port !== 0) await requireFree(port);
	const { network } = await import("hardhat");
	const override = options.startTime === undefined ? {} : { initialDate: new Date(options.startTime * 1000).toISOString() };
	const server = await network.createServer({ network: "embedded", override: override as never }, "127.0.0.1", port);
	const bound = await server.listen();
	const url = `http://${bound.address}:${bound.port}`;
	// Without the zero cache ethers answers from a memory of a quarter of a second, and misses what was just mined.
	const provider = new JsonRpcProvider(url, 31337, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 50, batchStallTime: 0 });
	provider.pollingInterval = 50;
	const quantity = (value: number): string => `0x${value.toString(16)}`;
	return {
		url,
		provider,
		async mine(blocks) {
			await provider.send("hardhat_mine", [quantity(blocks), quantity(1)]);
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
			await server.close();
		},
	};
}

/** The mnemonic of development chains. PUBLIC TEST KEYS: anybody knows them; never send them anything of value. */
export const TEST_MNEMONIC = "test test test test test test test test test test test junk";
