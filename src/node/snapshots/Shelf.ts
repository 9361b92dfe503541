import { createReadStream, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import * as ConfirmedState from "../../executor/ConfirmedState.ts";
import type { DerivedExecutor } from "../../executor/DerivedExecutor.ts";
import * as Keccak from "../../machine/math/Keccak.ts";
import type { Clock } from "../../ports/Clock.ts";
import type { GameReader } from "../../ports/Game.ts";
import type { Log } from "../../ports/Log.ts";
import { Loop } from "../../roles/Loop.ts";
import type { LoopHealth } from "../../roles/Loop.ts";
import type { Download, Page } from "../../wire/Server.ts";

export type ShelfOptions = {
	readonly folder: string;
	/** Id of the deployment's genesis assertion. */
	readonly genesis: string;
	readonly derived: DerivedExecutor;
	readonly game: GameReader;
	readonly clock: Clock;
	readonly log: Log;
};

/** One snapshot as the list names it: the assertion that it ends, the L1 block that this was made in, and how long the file is. */
export type Listed = { readonly assertion: string; readonly block: number; readonly bytes: number };

const PAUSE_MS = 2000;
/** Who asks may find the newest confirmed in a block that is not final for him yet: he takes the one before. */
const KEPT = 3;
/** LIMIT: snapshots that are being read at once, and how long one reader may take. */
const MAX_READERS = 4;
const READING_MS = 600_000;
const NAME = /^(\d{12})-(0x[0-9a-f]{64})\.snapshot$/;

/** Writes the state at the end of every assertion that L1 confirms, keeps the newest, and serves them to nodes that begin. */
export class Shelf {
	readonly #options: ShelfOptions;
	readonly #loop: Loop;
	#readers = 0;

	constructor(options: ShelfOptions) {
		this.#options = options;
		mkdirSync(options.folder, { recursive: true });
		// What a crash left half written.
		for (const file of readdirSync(options.folder)) if (file.endsWith(".part")) rmSync(join(options.folder, file));
		this.#loop = new Loop(options.clock, options.log, PAUSE_MS, () => this.round());
	}

	get health(): LoopHealth {
		return this.#loop.health;
	}

	start(): void {
		this.#loop.start();
	}

	stop(): Promise<void> {
		return this.#loop.stop();
	}

	/** The newest first. */
	list(): Listed[] {
		const listed: Listed[] = [];
		for (const file of readdirSync(this.#options.folder).sort().reverse()) {
			const [, block, assertion] = NAME.exec(file) ?? [];
			if (assertion !== undefined) listed.push({ assertion, block: Number(block), bytes: statSync(join(this.#options.folder, file)).size });
		}
		return listed;
	}

	/** Writes the latest confirmed state, if it is derived here and not written yet. */
	async round(): Promise<void> {
		const { genesis, derived, game, log } = this.#options;
		const { latestConfirmed, assertions } = await game.look();
		const assertion = assertions.get(latestConfirmed);
		// The genesis needs no copy: everybody makes it.
		if (!assertion || assertion.finalState.length === 0 || this.list().some((one) => one.assertion === latestConfirmed)) return;
		const start = { leaf: Keccak.hash(assertion.finalState), state: assertion.finalState };
		const state = await derived.confirmedState(latestConfirmed, start);
		if (!state) return;
		const bytes = ConfirmedState.encode({ genesis, ...state });
		const file = this.#fileOf({ assertion: latestConfirmed, block: assertion.createdAt });
		const handle = await open(`${file}.part`, "w");
		try {
			await handle.writeFile(bytes);
			await handle.sync();
		} finally {
			await handle.close();
		}
		renameSync(`${file}.part`, file);
		for (const old of this.list().slice(KEPT)) rmSync(this.#fileOf(old), { force: true });
		log.info("the confirmed state is written as a snapshot", { assertion: latestConfirmed, bytes: bytes.length, file });
	}

	/** GET /snapshots: the list; GET /snapshots/ASSERTION: the file. */
	page(path: string): Page | Download | undefined {
		if (path === "/snapshots") return { type: "application/json", body: `${JSON.stringify({ snapshots: this.list() })}\n` };
		const [, wanted] = /^\/snapshots\/(0x[0-9a-f]{64})$/.exec(path) ?? [];
		const found = this.list().find(({ assertion }) => assertion === wanted);
		if (!found) return undefined;
		if (this.#readers >= MAX_READERS)
			return { type: "text/plain; charset=utf-8", status: 503, body: `${MAX_READERS} others are reading snapshots: try again later\n` };
		this.#readers += 1;
		const stream = createReadStream(this.#fileOf(found));
		const timer = setTimeout(() => stream.destroy(), READING_MS).unref();
		stream.once("close", () => {
			clearTimeout(timer);
			this.#readers -= 1;
		});
		return { type: "application/octet-stream", stream, length: found.bytes };
	}

	#fileOf({ assertion, block }: Pick<Listed, "assertion" | "block">): string {
		return join(this.#options.folder, `${String(block).padStart(12, "0")}-${assertion}.snapshot`);
	}
}
