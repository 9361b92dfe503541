// npm run committee -- [--validators 4|7] [--rpc-url URL] [--reporters 4] [--port 8547] [--data FOLDER] [--seconds N] [--rollup] [--json]: a whole exchange that a committee orders, on this machine,
// for a person to watch: an L1, the contracts, the members (each a gateway, an engine, executors and a batcher), reporters, and traders at every gateway. It runs until it is stopped, or for so
// many seconds. --load measures the order alone (committee/load.ts).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import { Population } from "../../src/node/population/Population.ts";
import * as Engine from "../../src/ordering/comet/Engine.ts";
import { Cluster } from "./committee/Cluster.ts";
import { membersLine } from "./committee/line.ts";

if (process.argv.includes("--load")) await import("./committee/load.ts");
else await watch();

async function watch(): Promise<void> {
	const { values } = (() => {
		try {
			return parseArgs({
				options: {
					validators: { type: "string", default: "4" },
					reporters: { type: "string", default: "4" },
					port: { type: "string", default: "8547" },
					"rpc-url": { type: "string" },
					data: { type: "string" },
					seconds: { type: "string" },
					rollup: { type: "boolean", default: false },
					json: { type: "boolean", default: false },
				},
			});
		} catch (error) {
			return fail((error as Error).message);
		}
	})();
	const [validators, reporters, firstApiPort] = [Number(values.validators), Number(values.reporters), Number(values.port)];
	const seconds = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds);
	if (!Engine.isBuilt()) fail("CometBFT is not built here: run `npm run comet:build`, which needs Go.");
	if (!(validators >= 1 && validators <= 13 && reporters >= 1 && reporters <= 20 && firstApiPort >= 0 && seconds > 0))
		fail("--validators is 1 to 13, --reporters 1 to 20, --port a port or 0, --seconds above 0.");
	const directory = values.data ?? mkdtempSync(join(tmpdir(), "strikeproof-committee-"));
	const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
	const traders = Array.from({ length: 8 }, (_, i) => PLACES.traders + i);
	const cluster = await Cluster.start({
		...{ validators, reporters, directory, firstApiPort, l1Url: values["rpc-url"], rollup: values.rollup, wallets: traders, say },
	});
	process.once("exit", () => cluster.abandon());
	const members = Array.from({ length: validators }, (_, member) => member);
	for (const member of members) say(`member ${member}: ${cluster.api(member)}`);

	let [orders, fills] = [0, 0];
	let waitsFor: string | undefined = "traders wait for series";
	let isEnding = false;
	const accounts = await Promise.all(
		traders.map((place) => cluster.bridge.fund(testWallet(place).connect(cluster.provider), 2_000_000_000_000n)),
	);
	const trading = (async () => {
		await cluster.until("listings with prices", async () => {
			const tickers = await cluster.call<{ mark_price: string | null }[]>(0, "public/get_tickers", { currency: "ETH" });
			const priced = tickers.filter(({ mark_price: mark }) => mark !== null).length;
			waitsFor = `traders wait for prices (${priced} of ${tickers.length} series have one)`;
			return tickers.length >= 20 && priced === tickers.length;
		});
		waitsFor = undefined;
		for (let seed = 1; !isEnding; seed++) {
			const before = { orders, fills };
			await Population.run({
				url: members.map((member) => cluster.api(member).replace("http", "ws")),
				members: traders.map((place, i) => ({ wallet: testWallet(place), account: accounts[i] })),
				makers: 3,
				seed,
				orders: 1_000_000,
				fills: 1_000_000,
				onProgress: (counts) => ([orders, fills] = [before.orders + counts.orders, before.fills + counts.fills]),
			}).catch((error: Error) => !isEnding && say(`traders were cut off: ${error.message}`));
			await new Promise((resolve) => setTimeout(resolve, 1_000));
		}
	})();
	trading.catch((error: Error) => say(error.message));

	const began = performance.now();
	let isLooking = false;
	const look = async (): Promise<void> => {
		// On a busy machine answers take longer than the pause, and lines would overtake each other.
		if (values.json || isLooking) return;
		isLooking = true;
		const seen = await Promise.all(members.map((member) => cluster.committee(member).catch(() => undefined)));
		const status = await cluster.call<Record<string, number>>(0, "public/get_status").catch(() => undefined);
		isLooking = false;
		if (isEnding) return;
		const age = String(Math.round((performance.now() - began) / 1000)).padStart(4);
		const trades = waitsFor ?? `${orders} orders, ${fills} fills`;
		console.log(`${age} s  ${trades}, ${status?.batches_agreed ?? "?"} batches on L1; ${membersLine(seen)}`);
	};
	const timer = setInterval(() => void look(), 2_000);
	const finish = async (): Promise<void> => {
		if (isEnding) return;
		isEnding = true;
		clearInterval(timer);
		const [committee, status] = await Promise.all([cluster.committee(0), cluster.call<object>(0, "public/get_status")]).catch(() => []);
		say("stopping …");
		await cluster.end();
		if (values.data === undefined) rmSync(directory, { recursive: true, force: true });
		const report = { validators, orders, fills, committee, status };
		console.log(
			values.json ? JSON.stringify(report) : `${orders} orders, ${fills} fills${fills > 0 ? "" : `: ${waitsFor ?? "nobody traded"}`}`,
		);
		process.exit(fills > 0 && committee ? 0 : 1);
	};
	process.once("SIGINT", () => void finish());
	process.once("SIGTERM", () => void finish());
	if (Number.isFinite(seconds)) setTimeout(() => void finish(), seconds * 1000);
}

function fail(sentence: string): never {
	console.error(sentence);
	process.exit(1);
}
