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
import * as Pace from "../../../src/roles/sequencer/Pace.ts";
import { openStore } from "../../../src/store/LmdbStore.ts";
import type { Phase, Plan, Report } from "./Plan.ts";

/** About what a signed order takes. */
const MESSAGE_BYTES = 120;
const TICK_MILLISECONDS = 10;

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
	void process.send?.({ height: orderer.height, made: 0, slowed: 0, latencies: [], ...report });
orderer.application.watch(({ round }) => tell({ round }));

type Made = { readonly at: number; readonly counts: boolean };
let phase: Phase | undefined;
const waiting: Made[] = [];
const way = { bundles: 0, records: 0 };
let sentAt = 0;
let owed = 0;
let last = performance.now();
process.on("message", (next: Phase) => (phase = next));
setInterval(() => {
	const now = performance.now();
	if (phase === "warm" || phase === "count") owed += ((now - last) / 1000) * plan.messagesPerSecond;
	last = now;
	let [made, slowed] = [0, 0];
	const counts = phase === "count";
	for (; owed >= 1; owed--) {
		made++;
		if (waiting.length < Pace.MAX_WAITING) waiting.push({ at: now, counts });
		else slowed++;
	}
	if (counts && made > 0) tell({ made, slowed });
	while (Pace.isDue({ ...way, waiting: waiting.length, sinceMilliseconds: now - sentAt })) {
		sentAt = now;
		void send();
	}
}, TICK_MILLISECONDS);

async function send(): Promise<void> {
	const made = waiting.splice(0, Pace.MAX_BUNDLE_RECORDS);
	const bytes = randomFillSync(new Uint8Array(MESSAGE_BYTES * made.length));
	const records = made.map((_, i) => Batch.encodeRecord(bytes.subarray(MESSAGE_BYTES * i, MESSAGE_BYTES * (i + 1)).fill(1, 0, 1), 0));
	way.bundles++;
	way.records += made.length;
	try {
		await orderer.submit({ records: Bytes.concat(...records), recordCount: made.length });
		const now = performance.now();
		tell({ latencies: made.filter(({ counts }) => counts).map(({ at }) => Math.round(now - at)) });
	} catch {
		waiting.unshift(...made);
	} finally {
		way.bundles--;
		way.records -= made.length;
	}
}

async function stop(): Promise<void> {
	supervisor.stop();
	await orderer.close();
	process.exit(0);
}
process.once("SIGTERM", () => void stop());
process.once("disconnect", () => void stop());
