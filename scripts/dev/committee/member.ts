// One member of `npm run committee`: its engine, its application, and a gateway that makes messages at a steady rate and bundles what waits, as the sequencer does.
import { randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import { CometOrderer } from "../../../src/ordering/comet/CometOrderer.ts";
import { GUARD, silence, Supervisor } from "../../../src/ordering/comet/Supervisor.ts";
import * as Batch from "../../../src/protocol/Batch.ts";
import { openStore } from "../../../src/store/LmdbStore.ts";
import type { Plan, Report } from "./Plan.ts";

/** About what a signed order takes. */
const MESSAGE_BYTES = 120;
const MAX_BUNDLE_RECORDS = 512;
const MAX_IN_FLIGHT = 4;
const TICK_MILLISECONDS = 10;
/** LIMIT: messages that wait; beyond it the gateway's clients are told to slow down, here as in the sequencer. */
const MAX_WAITING = 20_000;

const [planFile = "", place = ""] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, "utf8")) as Plan;
const { privateKey, directory, socket, network } = plan.members[Number(place)];
const quiet = {
	debug: () => {},
	info: () => {},
	warn: () => {},
	alarm: (_: string, message: string, fields?: object) => console.error(message, fields),
	child: () => quiet,
};
const orderer: CometOrderer = await CometOrderer.open({
	...{
		directory,
		socket,
		network,
		chainId: plan.chainId,
		committee: new Map(plan.committee),
		signer: new KeySigner(privateKey),
		journal: quiet,
	},
	store: await openStore({ directory: join(directory, "store"), genesis: plan.chainId }),
	digests: {
		checkpoint: (height, streamHash, root) => Keccak.hash(Bytes.concat(Keccak.hashText(String(height)), streamHash, root)),
		batch: (proposal, content) => Keccak.hash(Bytes.concat(Keccak.hashText(JSON.stringify(proposal)), Keccak.hash(content))),
	},
	now: () => Math.floor(Date.now() / 1000),
	l1Count: () => 0,
	// Nothing is executed here, so there is no state to sign.
	rootAt: () => undefined,
	approves: () => false,
	maySign: () => !silence({ directory, ...GUARD }, Math.floor(Date.now() / 1000), orderer.application.medianTime),
});
const supervisor = new Supervisor(orderer, quiet);
const tell = (report: Partial<Report>): void =>
	void process.send?.({ height: orderer.height, blocked: false, latencies: [], slowed: 0, ...report });
orderer.application.watch(() => tell({ blocked: true }));

const waiting: number[] = [];
let inFlight = 0;
let owed = 0;
let last = performance.now();
setInterval(() => {
	const now = performance.now();
	owed += ((now - last) / 1000) * plan.messagesPerSecond;
	last = now;
	let slowed = 0;
	for (; owed >= 1; owed--) {
		if (waiting.length < MAX_WAITING) waiting.push(now);
		else slowed++;
	}
	if (slowed > 0) tell({ slowed });
	if (waiting.length > 0 && inFlight < MAX_IN_FLIGHT) void send();
}, TICK_MILLISECONDS);

async function send(): Promise<void> {
	const made = waiting.splice(0, MAX_BUNDLE_RECORDS);
	const payload = (): Uint8Array => {
		const bytes = randomFillSync(new Uint8Array(MESSAGE_BYTES));
		bytes[0] = 1;
		return bytes;
	};
	inFlight++;
	try {
		await orderer.submit({ records: Bytes.concat(...made.map(() => Batch.encodeRecord(payload(), 0))), recordCount: made.length });
		const now = performance.now();
		tell({ latencies: made.map((at) => now - at) });
	} catch {
		waiting.unshift(...made);
	} finally {
		inFlight--;
	}
}

async function stop(): Promise<void> {
	supervisor.stop();
	await orderer.close();
	process.exit(0);
}
process.once("SIGTERM", () => void stop());
process.once("disconnect", () => void stop());
