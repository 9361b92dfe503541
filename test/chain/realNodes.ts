// Nodes that the same deployment is driven against, each a process of its own: Hardhat's, Foundry's Anvil, and Geth in development mode.

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JsonRpcProvider } from "ethers";
import { freePorts } from "../../scripts/dev/freePorts.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const GETH = process.env.GETH ?? join(ROOT, "tools", "bin", "geth");
const ANVIL = process.env.ANVIL ?? "anvil";
const hasAnvil = spawnSync(ANVIL, ["--version"]).status === 0;
/** LIMIT: how long a node may take to answer, on a busy machine. */
const START_MS = 180_000;

export type RealNode = {
	readonly provider: JsonRpcProvider;
	readonly url: string;
	/** Gives an address 100 ETH. */
	fund(address: string): Promise<void>;
	/** Lets blocks pass, in whatever way the node has. */
	pass(): Promise<void>;
	close(): Promise<void>;
};

/** A block each second, as the exchange's own clock goes: a chain that runs ahead of it is refused by the rules of batches. */
const second = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 1000));

type Kind = {
	readonly name: string;
	readonly skip: string | false;
	readonly command: (port: number, folder: string) => readonly [program: string, args: readonly string[]];
	readonly fund: (provider: JsonRpcProvider, address: string) => Promise<unknown>;
	readonly pass: (provider: JsonRpcProvider) => Promise<unknown>;
};

const HUNDRED = `0x${(100n * 10n ** 18n).toString(16)}`;

export const KINDS: readonly Kind[] = [
	{
		name: "Hardhat's node",
		skip: false,
		command: (port) => [
			process.execPath,
			[join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js"), "node", "--network", "embedded", "--port", String(port)],
		],
		fund: (provider, address) => provider.send("hardhat_setBalance", [address, HUNDRED]),
		pass: (provider) => second().then(() => provider.send("evm_mine", [])),
	},
	{
		name: "Anvil",
		skip: !hasAnvil && "no Anvil is here: install Foundry, or name its program in ANVIL",
		command: (port) => [ANVIL, ["--port", String(port), "--hardfork", "osaka", "--gas-limit", "36000000", "--silent"]],
		fund: (provider, address) => provider.send("anvil_setBalance", [address, HUNDRED]),
		pass: (provider) => second().then(() => provider.send("evm_mine", [])),
	},
	{
		name: "Geth in development mode",
		skip: !existsSync(GETH) && "no Geth is here: npm run geth:build (it needs Go), or name its program in GETH",
		command: (port, folder) => [
			GETH,
			[
				...[
					"--dev",
					"--dev.period",
					"1",
					"--dev.gaslimit",
					"36000000",
					"--datadir",
					folder,
					"--ipcdisable",
					"--authrpc.port",
					"0",
					"--port",
					"0",
				],
				...["--http", "--http.port", String(port), "--http.api", "eth,net,web3", "--verbosity", "1", "--nodiscover"],
			],
		],
		// Its one account is unlocked and rich.
		async fund(provider, address) {
			const [rich] = (await provider.send("eth_accounts", [])) as string[];
			const hash = (await provider.send("eth_sendTransaction", [{ from: rich, to: address, value: HUNDRED }])) as string;
			await provider.waitForTransaction(hash);
		},
		pass: second,
	},
];

/** Starts a node. Rejects with what it wrote when it does not answer. */
export async function start(kind: Kind): Promise<RealNode> {
	const folder = mkdtempSync(join(tmpdir(), "strikeproof-node-"));
	const [port] = await freePorts(1);
	const [program, args] = kind.command(port, folder);
	const child: ChildProcess = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
	let said = "";
	child.stderr?.on("data", (chunk) => (said = (said + String(chunk)).slice(-2000)));
	const url = `http://127.0.0.1:${port}`;
	const ask = async (): Promise<number | undefined> => {
		const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
		const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => undefined);
		return response?.ok ? Number(((await response.json()) as { result: string }).result) : undefined;
	};
	let chainId: number | undefined;
	for (const end = Date.now() + START_MS; (chainId = await ask()) === undefined; await new Promise((resolve) => setTimeout(resolve, 200)))
		if (Date.now() > end || child.exitCode !== null) throw new Error(`${kind.name} did not answer at ${url}: ${said}`);
	const provider = new JsonRpcProvider(url, chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 50, batchStallTime: 0 });
	provider.pollingInterval = 100;
	return {
		provider,
		url,
		fund: async (address) => void (await kind.fund(provider, address)),
		pass: async () => void (await kind.pass(provider)),
		async close() {
			provider.destroy();
			child.kill();
			await new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve(undefined)));
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
