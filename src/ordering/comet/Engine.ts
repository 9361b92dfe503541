// One CometBFT process, and its JSON-RPC.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { OrderingError } from "../OrderingError.ts";

/** Where `npm run comet:build` puts the engine. */
export const BINARY = join(import.meta.dirname, "..", "..", "..", "tools", "bin", "cometbft");

/** Whether the engine is built on this machine. */
export function isBuilt(binary: string = BINARY): boolean {
	return existsSync(binary);
}

export type EngineOptions = {
	readonly home: string;
	readonly binary?: string;
	/** Hears the lines that the engine says of its troubles. */
	readonly said?: (line: string) => void;
	/** Hears that the process ended without having been asked to. */
	readonly ended?: (code: number | undefined) => void;
};

const STOP_MILLISECONDS = 5_000;
const BROADCAST_MILLISECONDS = 5_000;

export class Engine {
	readonly #options: EngineOptions;
	#process: ChildProcess | undefined;
	/** Of the process that was told to stop last. */
	#gone: Promise<unknown> | undefined;
	#isClosed = false;

	constructor(options: EngineOptions) {
		this.#options = options;
	}

	get pid(): number | undefined {
		return this.#process?.pid;
	}

	/**
	 * Resolves when the process runs. Throws OrderingError UNWRITABLE with what to do when the engine is not built, and with the reason when the system does not
	 * start it: that one has not ended. Whoever calls `stop` meanwhile stops it. Throws CLOSED behind a close.
	 */
	async start(): Promise<void> {
		const { home, binary = BINARY, said, ended } = this.#options;
		if (this.#isClosed) throw new OrderingError("CLOSED", "The engine is stopped for good.");
		if (!isBuilt(binary)) throw new OrderingError("UNWRITABLE", `There is no ${binary}: run \`npm run comet:build\`, which needs Go.`);
		const child: ChildProcess = spawn(binary, ["start", "--home", home], { stdio: ["ignore", "pipe", "pipe"] });
		this.#process = child;
		child.on("error", (error) => said?.(error.message));
		// One that the system does not start may have no pipes.
		for (const pipe of [child.stdout, child.stderr]) {
			pipe?.setEncoding("utf8");
			pipe?.on("data", (text: string) => {
				for (const line of text.split("\n")) if (line.trim() !== "") said?.(line);
			});
		}
		child.on("exit", (code) => {
			if (this.#process !== child) return;
			this.#process = undefined;
			ended?.(code ?? undefined);
		});
		try {
			await once(child, "spawn");
		} catch (error) {
			if (this.#process === child) this.#process = undefined;
			const reason = error instanceof Error ? error.message : String(error);
			throw new OrderingError("UNWRITABLE", `The system does not start ${binary}: ${reason}.`, error);
		}
	}

	/** Resolves when the process is gone, also when another call told it to stop. */
	async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		const child = this.#process;
		this.#process = undefined;
		if (!child) return void (await this.#gone);
		if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
		const gone = (this.#gone = new Promise((resolve) => child.once("exit", resolve)));
		child.kill(signal);
		const patience = setTimeout(() => child.kill("SIGKILL"), STOP_MILLISECONDS);
		await gone;
		clearTimeout(patience);
	}

	/** SAFETY: as `stop`, and for good, because one that is started behind it would sign beside the next process that has the key. */
	async close(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		this.#isClosed = true;
		await this.stop(signal);
	}
}

/** What the engine answers to a transaction: code 0 when it is in the pool. */
export type Taken = { readonly code: number; readonly log: string };

/** Connections to engines are kept open, because a gateway says many bundles a second, and closed before the engine closes idle ones after 10 s. */
const connections = new Agent({ keepAlive: true, timeout: 4_000 });

/** Puts a transaction into the pool that the members share. Throws when the engine does not answer. */
export async function broadcast(rpc: string, transaction: Uint8Array): Promise<Taken> {
	const params = { tx: Buffer.from(transaction).toString("base64") };
	const answered = await post(rpc, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "broadcast_tx_sync", params }));
	const answer = JSON.parse(answered) as { result?: Taken; error?: { message: string; data?: string } };
	// The pool names a transaction that it holds already an error; for us it is where it should be.
	if (answer.error)
		return /already exists in cache/.test(answer.error.data ?? "")
			? { code: 0, log: "" }
			: { code: 4, log: answer.error.data ?? answer.error.message };
	return answer.result ?? { code: 4, log: "the engine answered without a result" };
}

/** Not by `fetch`, which takes several times the processor time for what every bundle needs. */
async function post(rpc: string, body: string): Promise<string> {
	const asked = request(`http://${rpc}/`, {
		method: "POST",
		agent: connections,
		headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
		signal: AbortSignal.timeout(BROADCAST_MILLISECONDS),
	});
	// Whoever waits hears of it by `once`, or by the answer that breaks off.
	asked.on("error", () => {});
	asked.end(body);
	const [response] = (await once(asked, "response")) as [IncomingMessage];
	return text(response);
}

/** How many other members the engine is connected to; undefined when it does not answer. */
export async function peerCount(rpc: string): Promise<number | undefined> {
	try {
		const response = await fetch(`http://${rpc}/net_info`, { signal: AbortSignal.timeout(1_000) });
		const { result } = (await response.json()) as { result?: { n_peers?: string } };
		return result?.n_peers === undefined ? undefined : Number(result.n_peers);
	} catch {
		return undefined;
	}
}
