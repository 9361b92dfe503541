// What `npm run bench` measures. Each function works for about `seconds` of measured time and returns what it did in a second.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet, verifyTypedData } from "ethers";
import { OrderBook, Side } from "nodejs-order-book";
import { DerivedExecutor } from "../src/executor/DerivedExecutor.ts";
import { Follower } from "../src/executor/Follower.ts";
import * as Genesis from "../src/executor/Genesis.ts";
import { LeafFile } from "../src/executor/LeafFile.ts";
import { LiveExecutor } from "../src/executor/LiveExecutor.ts";
import { Runner } from "../src/executor/Runner.ts";
import { SignaturePool } from "../src/executor/SignaturePool.ts";
import { TrackedState } from "../src/executor/TrackedState.ts";
import * as Bytes from "../src/machine/math/Bytes.ts";
import * as Keccak from "../src/machine/math/Keccak.ts";
import { CommittedState } from "../src/machine/state/CommittedState.ts";
import type { Input } from "../src/machine/types/Machine.ts";
import { FORCED, InputKind, NONE, initial } from "../src/machine/types/Machine.ts";
import { SystemClock } from "../src/node/Clock.ts";
import { ThreadedSigner } from "../src/chain/ThreadedSigner.ts";
import { LocalOrderer } from "../src/ordering/local/LocalOrderer.ts";
import type { InboxReader, L1Message, PostedBatch } from "../src/ports/Chain.ts";
import type { Log } from "../src/ports/Log.ts";
import type { Metrics } from "../src/ports/Metrics.ts";
import * as Batch from "../src/protocol/Batch.ts";
import { Sequencer } from "../src/roles/sequencer/Sequencer.ts";
import { openStore } from "../src/store/LmdbStore.ts";
import { DEPOSITS, DOMAIN_SEPARATOR, GENESIS, OPENING, START, ownerOf } from "./market.ts";
import type { Item } from "./market.ts";

const NOBODY = "0x0000000000000000000000000000000000000000";
const NOTHING = new Uint8Array(0);
const SILENT: Log = { debug() {}, info() {}, warn() {}, alarm() {}, child: () => SILENT };
const UNMEASURED: Metrics = { set() {}, add() {}, observe() {} };

/** Rates a second. */
export type Rates = { readonly orders: number; readonly steps: number; readonly fills: number };

/** A machine that has executed the opening of the market, and its state. */
function opened(): { runner: Runner; tracked: TrackedState } {
	const state = new CommittedState();
	TrackedState.fill(state, Genesis.cells(GENESIS));
	const runner = new Runner(state, initial(), 0);
	const header = {
		carrier: Batch.CALLDATA,
		contentRoot: new Uint8Array(32),
		length: OPENING.records.length,
		minTime: 0,
		maxTime: START,
		l1End: DEPOSITS.length,
		streamStart: 0,
	};
	const zero = new Uint8Array(32);
	const batch = {
		index: 0,
		header,
		content: OPENING.records,
		blobs: [],
		before: zero,
		after: zero,
		block: 1,
		firstMessage: 0,
		messages: DEPOSITS,
	};
	while (runner.machine.cursor.batch === 0) runner.advance(runner.input(batch, 1));
	runner.commitment();
	return { runner, tracked: new TrackedState(state) };
}

/**
 * The machine alone: matching, margin of both sides, fees, books; no signatures, no disk. The messages come as L1 messages of their owners, which is
 * the one way in that needs no signature. With a file, the commitment after every step as well.
 */
function machine(items: readonly Item[], seconds: number, leaves?: LeafFile): Rates {
	const cursor = { batch: 1, l1Index: DEPOSITS.length, offset: 0, item: 0 };
	const inputs: Input[] = items.map(({ payload, account }) => ({
		kind: InputKind.L1Message,
		cursor,
		clock: START,
		payload,
		l1Kind: FORCED,
		sender: ownerOf(account),
	}));
	const pending: Input = { kind: InputKind.Pending, cursor, clock: START, payload: NOTHING, l1Kind: 0, sender: NOBODY };
	const counts = { orders: 0, steps: 0, fills: 0 };
	let elapsed = 0;
	while (elapsed < seconds * 1000) {
		const { runner, tracked } = opened();
		const before = runner.step;
		const start = performance.now();
		let done = 0;
		for (const input of inputs) {
			done++;
			runner.advance(input);
			if (leaves) leaves.append(runner.commitment());
			while (runner.machine.registers.kind !== NONE) {
				if (runner.advance(pending).size > 0) counts.fills++;
				if (leaves) leaves.append(runner.commitment());
			}
			// As in a node, which notes after every bundle what there is to hash and to save.
			if (!leaves && done % 256 === 0) tracked.collect();
			if (done % 256 === 0 && elapsed + performance.now() - start > seconds * 1000) break;
		}
		elapsed += performance.now() - start;
		counts.orders += items.slice(0, done).filter(({ kind }) => kind === "place").length;
		counts.steps += runner.step - before;
	}
	return { orders: (counts.orders / elapsed) * 1000, steps: (counts.steps / elapsed) * 1000, fills: (counts.fills / elapsed) * 1000 };
}

export function machineAlone(items: readonly Item[], seconds: number): Rates {
	return machine(items, seconds);
}

/** Steps a second with the commitment after every one of them, written to the flat file of leaves. */
export function commitments(items: readonly Item[], seconds: number): number {
	const directory = mkdtempSync(join(tmpdir(), "strikeproof-bench-"));
	const leaves = LeafFile.open(join(directory, "leaves"));
	try {
		return machine(items, seconds, leaves).steps;
	} finally {
		leaves.close();
		rmSync(directory, { recursive: true, force: true });
	}
}

/** An L1 that holds the deposits, and batches if there are any. */
function inboxOf(batches: readonly PostedBatch[]): InboxReader {
	return {
		head: async () => ({ number: 1, time: START, hash: "0x" }),
		batchCount: async () => batches.length,
		messageCount: async () => DEPOSITS.length,
		finalMessageCount: async () => DEPOSITS.length,
		batches: async (from, to) => batches.slice(from, to),
		messages: async (from, to): Promise<readonly L1Message[]> => DEPOSITS.slice(from, to),
		forceAllowedAt: async () => Number.POSITIVE_INFINITY,
	};
}

const INBOX = inboxOf([]);

/** The messages as batches on L1, behind one that opens the market. */
function posted(items: readonly Item[]): PostedBatch[] {
	const batches: PostedBatch[] = [];
	let accumulator: Uint8Array = new Uint8Array(32);
	let streamStart = 0;
	const post = (content: Uint8Array): void => {
		const contentRoot = Batch.contentRoot(content);
		const header = {
			carrier: Batch.CALLDATA,
			contentRoot,
			length: content.length,
			minTime: batches.length === 0 ? 0 : START,
			maxTime: START,
			l1End: DEPOSITS.length,
			streamStart,
		};
		streamStart += content.length;
		accumulator = Batch.accumulate(accumulator, header);
		batches.push({ ...header, index: batches.length, accumulator, content, blobs: [], block: 1 });
	};
	post(OPENING.records);
	for (let at = 0; at < items.length; at += BATCH_RECORDS)
		post(Bytes.concat(...items.slice(at, at + BATCH_RECORDS).map(({ payload }) => Batch.encodeRecord(payload, 0))));
	return batches;
}

const BATCH_RECORDS = 1000;

/**
 * Steps a second of a node that derives everything from L1: batches checked, signatures recovered (on another thread), every step executed and committed to,
 * leaves and snapshots on the disk. What a challenger does.
 */
export async function derivation(items: readonly Item[], seconds: number): Promise<number> {
	const inbox = inboxOf(posted(items));
	const signatures = new SignaturePool(1);
	let steps = 0;
	let elapsed = 0;
	while (elapsed < seconds * 1000) {
		const directory = mkdtempSync(join(tmpdir(), "strikeproof-bench-"));
		const store = await openStore({ directory, genesis: "bench" });
		const derived = await DerivedExecutor.open({
			store,
			leafFile: join(directory, "leaves"),
			inbox,
			genesis: Genesis.cells(GENESIS),
			signatures,
		});
		const start = performance.now();
		const look = derived.sync();
		const stop = setTimeout(() => void derived.close(), Math.max(1, seconds * 1000 - elapsed));
		await look;
		elapsed += performance.now() - start;
		clearTimeout(stop);
		steps += derived.stepCount;
		await derived.close();
		await store.close();
		rmSync(directory, { recursive: true, force: true });
	}
	await signatures.close();
	return (steps / elapsed) * 1000;
}

/**
 * From a signed message at the sequencer's door to its signed receipt: signature checked, ordered, on the disk (fdatasync), executed, state checkpointed. `items`
 * are signed; senders keep `inFlight` messages under way, as a few dozen connections do.
 */
export async function endToEnd(
	items: readonly Item[],
	seconds: number,
	inFlight = 2000,
): Promise<{ orders: number; p50Milliseconds: number; p99Milliseconds: number }> {
	const directory = mkdtempSync(join(tmpdir(), "strikeproof-bench-"));
	const store = await openStore({ directory: join(directory, "store"), genesis: "bench" });
	const signer = new ThreadedSigner(Bytes.toHex(Keccak.hashText("public test key of the bench: sequencer")));
	const orderer = await LocalOrderer.open({
		directory: join(directory, "log"),
		genesis: "bench",
		store,
		signer,
		batchDigest: (_, content) => Keccak.hash(content),
	});
	const live = await LiveExecutor.open({ store, genesis: Genesis.cells(GENESIS) });
	// The market's clock stands at its opening: what is measured is work, not how prices age.
	const clock = { now: () => START, sleep: (milliseconds: number, signal?: AbortSignal) => new SystemClock().sleep(milliseconds, signal) };
	const follower = new Follower({ live, orderer, inbox: INBOX, clock, log: SILENT });
	const stop = new AbortController();
	const following = follower.run(stop.signal);
	await orderer.submit(OPENING);
	await follower.results(1);
	const signatures = new SignaturePool(1);
	const sequencer = new Sequencer({
		signatures,
		orderer,
		live,
		follower,
		inbox: INBOX,
		signer,
		clock,
		log: SILENT,
		metrics: UNMEASURED,
		userDomain: DOMAIN_SEPARATOR,
		receiptDomain: DOMAIN_SEPARATOR,
	});
	sequencer.start();
	const latencies: number[] = [];
	let next = 0;
	let orders = 0;
	const start = performance.now();
	const sender = async (): Promise<void> => {
		while (next < items.length && performance.now() - start < seconds * 1000) {
			const item = items[next++];
			const sent = performance.now();
			await sequencer.submit(item.payload);
			latencies.push(performance.now() - sent);
			if (item.kind === "place") orders++;
		}
	};
	await Promise.all(Array.from({ length: inFlight }, sender));
	const elapsed = performance.now() - start;
	await sequencer.stop();
	await signatures.close();
	await signer.close();
	stop.abort();
	await following;
	await live.close();
	await orderer.close();
	await store.close();
	rmSync(directory, { recursive: true, force: true });
	latencies.sort((a, b) => a - b);
	const quantile = (part: number): number => latencies[Math.floor(part * (latencies.length - 1))] ?? 0;
	return { orders: (orders / elapsed) * 1000, p50Milliseconds: quantile(0.5), p99Milliseconds: quantile(0.99) };
}

/** The same orders through npm's nodejs-order-book, one book a series: matching alone, without accounts, margin, fees or proofs. */
export function peerOrderBook(items: readonly Item[], seconds: number): number {
	let orders = 0;
	let elapsed = 0;
	while (elapsed < seconds * 1000) {
		const books = new Map<number, OrderBook>();
		const start = performance.now();
		let done = 0;
		for (const { kind, account, order, series, side, price, size, immediate } of items) {
			let book = books.get(series);
			if (!book) {
				book = new OrderBook();
				books.set(series, book);
			}
			const id = `${account}/${order}`;
			if (kind === "cancel") book.cancel(id);
			else {
				orders++;
				book.limit({ side: side === 0 ? Side.BUY : Side.SELL, id, size, price, timeInForce: (immediate ? "IOC" : "GTC") as TimeInForce });
			}
			if (++done % 256 === 0 && elapsed + performance.now() - start > seconds * 1000) break;
		}
		elapsed += performance.now() - start;
	}
	return (orders / elapsed) * 1000;
}

type TimeInForce = NonNullable<Parameters<OrderBook["limit"]>[0]["timeInForce"]>;

/** Signed orders verified a second by `ethers.verifyTypedData`, as a naive gateway would. */
export function peerVerifier(seconds: number): number {
	const uint = (bits: number, name: string): { name: string; type: string } => ({ name, type: `uint${bits}` });
	const types = {
		Place: [
			uint(32, "account"),
			uint(64, "series"),
			uint(8, "side"),
			uint(8, "timeInForce"),
			uint(8, "flags"),
			uint(32, "price"),
			uint(64, "size"),
			uint(64, "expiresAt"),
			uint(64, "nonce"),
			uint(16, "label"),
		],
	};
	const domain = { name: "Strikeproof", version: "1", chainId: 31_337, verifyingContract: "0x00000000000000000000000000000000000000aa" };
	const value = { account: 1, series: 1, side: 0, timeInForce: 0, flags: 0, price: 100, size: 10, expiresAt: 0, nonce: 1, label: 0 };
	const wallet = new Wallet(Bytes.toHex(Keccak.hashText("public test key of the bench: verifier")));
	const signature = wallet.signingKey.sign(Keccak.hashText("any")).serialized;
	let verified = 0;
	const start = performance.now();
	for (; performance.now() - start < seconds * 1000; verified++) verifyTypedData(domain, types, { ...value, nonce: verified }, signature);
	return (verified / (performance.now() - start)) * 1000;
}
