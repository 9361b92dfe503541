// npm run committee -- [options]: a whole exchange that a committee orders, on this machine, for a person to watch: an L1, the contracts, the members (each a gateway, an engine, executors and a
// batcher), reporters, and traders at every gateway. It runs until it is stopped, or for so many seconds. --load measures the order alone (committee/load.ts).
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import { Population } from "../../src/node/population/Population.ts";
import * as Engine from "../../src/ordering/comet/Engine.ts";
import { Cluster } from "./committee/Cluster.ts";
import { membersLine } from "./committee/line.ts";
import { isFree } from "./freePorts.ts";

const SAME_SIGNAL_MILLISECONDS = 1_000;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const HELP = `npm run committee -- [options]: a whole exchange that a committee orders, on this machine

  --validators N    members, 1 to 13 (4)
  --reporters N     who report prices, 1 to 20 (4)
  --port PORT       of the first member's API and page, the others' follow; 0: whatever is free (8547)
  --rpc-url URL     a development chain that runs already, with a block every second (anvil --block-time 1), instead of the embedded one
  --rollup          a proposer and a challenger, too
  --data FOLDER     where everything is kept, empty or not there yet (a folder that is removed at the end)
  --seconds N       how long it runs (until it is stopped)
  --json            one line of JSON at the end, and none before
  --load            the order alone, measured: see scripts/dev/committee/load.ts for its options`;

if (process.argv.includes("--help") || process.argv.includes("-h")) console.log(HELP);
else if (process.argv.includes("--load")) await import("./committee/load.ts");
else await watch().catch((error: Error) => fail(error.message));

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
			return fail(`${(error as Error).message}: --help names the options.`);
		}
	})();
	const [validators, reporters, firstApiPort] = [Number(values.validators), Number(values.reporters), Number(values.port)];
	const seconds = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds);
	if (!Engine.isBuilt()) fail("CometBFT is not built here: run `npm run comet:build`, which needs Go.");
	const isWhole = (number: number, low: number, high: number): boolean => Number.isInteger(number) && number >= low && number <= high;
	if (!isWhole(validators, 1, 13) || !isWhole(reporters, 1, 20) || !isWhole(firstApiPort, 0, 65_536 - validators) || !(seconds > 0))
		fail("--validators is 1 to 13, --reporters 1 to 20, --port a port with room for all members behind it or 0, --seconds above 0.");
	const members = Array.from({ length: validators }, (_, member) => member);
	for (const port of firstApiPort === 0 ? [] : members.map((member) => firstApiPort + member))
		if (!(await isFree(port)))
			fail(
				`Port ${port} is taken, and the members' APIs are at ${firstApiPort} to ${firstApiPort + validators - 1}: choose others with --port.`,
			);
	if (values.data !== undefined && existsSync(values.data) && readdirSync(values.data).length > 0)
		fail(`${values.data} is not empty: what a committee left there belongs to an L1 that is no more. Choose another folder with --data.`);
	const l1Url = values["rpc-url"];
	if (l1Url !== undefined && !/^https?:/.test(l1Url)) fail(`--rpc-url is an address such as http://127.0.0.1:8545, not ${l1Url}.`);
	const directory = values.data ?? mkdtempSync(join(tmpdir(), "strikeproof-committee-"));
	const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
	const traders = Array.from({ length: 8 }, (_, i) => PLACES.traders + i);
	// Whoever stops it before it runs: the exit takes along what was started, and only then is its folder nobody's.
	const leave = (): void => {
		process.once("exit", () => values.data ?? rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
		process.exit(130);
	};
	for (const signal of SIGNALS) process.once(signal, leave);
	const cluster = await Cluster.start({
		...{ validators, reporters, directory, firstApiPort, l1Url, rollup: values.rollup, wallets: traders, say },
	});
	for (const signal of SIGNALS) process.off(signal, leave);
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
	let firstAt: number | undefined;
	for (const signal of SIGNALS)
		process.on(signal, () => {
			// The very same one may come twice, by the group and by npm; one that comes later is from somebody who does not want to wait.
			if (firstAt !== undefined && performance.now() - firstAt > SAME_SIGNAL_MILLISECONDS) process.exit(130);
			firstAt ??= performance.now();
			void finish();
		});
	if (Number.isFinite(seconds)) setTimeout(() => void finish(), seconds * 1000);
}

function fail(sentence: string): never {
	console.error(sentence);
	process.exit(1);
}
