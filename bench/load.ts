// npm run load [-- --json] [--seconds N] [--clients N]: how fast a whole sequencer acknowledges orders while many follow what they do. Four processes: an L1, the
// sequencer as `strikeproof node` runs it, the followers, and this one, which sends.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Bridge, separatorOf } from "../src/chain/Bridge.ts";
import * as Deployments from "../src/chain/Deployment.ts";
import { KeySigner } from "../src/chain/KeySigner.ts";
import { connect } from "../src/chain/Networks.ts";
import { PLACES, testWallet } from "../src/chain/TestKeys.ts";
import { tickSize } from "../src/machine/Constants.ts";
import { Connection } from "../src/sdk/index.ts";
import { Orders } from "./load/Orders.ts";
import type { Owner } from "./load/Orders.ts";
import { Sender } from "./load/Sender.ts";

const ROOT = join(import.meta.dirname, "..");
const ACCOUNTS = 40;
const SENDERS = 8;
const CHANNELS = 50;
/** As many as a sequencer would have under way from a few dozen makers. */
const IN_FLIGHT = 256;
const SEED = 1;

function options(): { json: boolean; seconds: number; clients: number; profile: string | undefined; rate: number | undefined } {
	const usage = "Usage: npm run load -- [--json] [--seconds N] [--clients N] [--rate N] [--profile FOLDER]";
	try {
		const { values } = parseArgs({
			options: {
				json: { type: "boolean", default: false },
				seconds: { type: "string", default: "10" },
				clients: { type: "string", default: "200" },
				rate: { type: "string" },
				profile: { type: "string" },
			},
		});
		const [seconds, clients, rate] = [Number(values.seconds), Number(values.clients), values.rate && Number(values.rate)];
		if (!(seconds > 0 && seconds <= 600)) throw new RangeError(`--seconds is a number above 0 and at most 600, not ${values.seconds}`);
		if (!(Number.isInteger(clients) && clients >= 0 && clients <= 900))
			throw new RangeError(`--clients is a number from 0 to 900, not ${values.clients}`);
		if (rate !== undefined && !(Number(rate) > 0)) throw new RangeError(`--rate is a number above 0, not ${values.rate}`);
		return { json: values.json, seconds, clients, profile: values.profile, rate: rate === undefined ? undefined : Number(rate) };
	} catch (error) {
		process.stderr.write(`${(error as Error).message}\n${usage}\n`);
		process.exit(2);
	}
}

const { json, seconds, clients, profile, rate: asked } = options();
const say = (sentence: string): void => {
	process.stderr.write(`${sentence}\n`);
};
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const home = mkdtempSync(join(tmpdir(), "strikeproof-load-"));
const children: ChildProcess[] = [];

/** Starts a program and resolves with the first line of its output that matches. */
async function start(args: readonly string[], ready: RegExp, environment: Readonly<Record<string, string>> = {}): Promise<string> {
	const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...environment }, stdio: ["pipe", "pipe", "pipe"] });
	children.push(child);
	return new Promise((resolve, reject) => {
		let said = "";
		for (const stream of [child.stdout, child.stderr])
			createInterface(stream).on("line", (line) => {
				said += `${line}\n`;
				if (ready.test(line)) resolve(line);
			});
		child.once("exit", (code) => reject(new Error(`${args.join(" ")} ended with ${code}: ${said}`)));
	});
}

async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const gone = new Promise((resolve) => child.once("exit", resolve));
	child.kill("SIGTERM");
	const patience = setTimeout(() => child.kill("SIGKILL"), 20_000);
	await gone;
	clearTimeout(patience);
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
	for (const end = Date.now() + 120_000; Date.now() < end; await pause(200)) {
		const found = await look();
		if (found !== undefined) return found;
	}
	throw new Error(`waited two minutes in vain for ${what}`);
}

async function measure(): Promise<Record<string, unknown>> {
	say("An L1, a deployment, and deposits …");
	const chain = JSON.parse(await start([join(ROOT, "bench/load/chain.ts"), home, String(ACCOUNTS)], /"url"/)) as { url: string };
	const deployment = Deployments.load(home, "localhost");
	const provider = await connect("localhost", chain.url);
	const bridge = new Bridge(provider, deployment);
	const wallets = Array.from({ length: ACCOUNTS }, (_, i) => testWallet(PLACES.traders + i));
	const accounts: number[] = [];
	for (const wallet of wallets) accounts.push(await bridge.fund(wallet.connect(provider), 10_000_000_000_000n));
	say("A sequencer …");
	const node = ["src/cli/main.ts", "node", "--role", "sequencer", "--port", "0", "--data", join(home, "data"), "--strikes", "3"];
	const profiled = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
	const line = await start([...profiled, ...node], /^ws:\/\/\S+ sequencer runs/, { STRIKEPROOF_HOME: home, LOCALHOST_RPC_URL: chain.url });
	const sequencer = children.at(-1) as ChildProcess;
	const url = line.split(" ")[0];
	const connection = await Connection.open(url);
	type Ticker = { instrument_name: string; mark_price: string | null };
	const tickers = await until("prices", async () => {
		const all = await connection.call<Ticker[]>("public/get_tickers", { currency: "ETH", kind: "option" });
		return all.length >= 16 && all.every(({ mark_price }) => mark_price !== null) ? all : undefined;
	});
	await until("the deposits", () =>
		connection.call<{ cash: string }>("public/get_account", { account: accounts.at(-1) }).catch(() => undefined),
	);
	const instruments = await connection.call<{ instrument_name: string; series: number }[]>("public/get_instruments", { currency: "ETH" });
	const seriesOf = new Map(instruments.map(({ instrument_name, series }) => [instrument_name, series]));
	const followed = tickers.slice(0, 16);
	const markets = followed.map(({ instrument_name, mark_price }) => ({
		series: seriesOf.get(instrument_name) as number,
		value: Math.max(40, Math.round((Number(mark_price) * 1e6) / tickSize(0))),
	}));
	const names = followed.flatMap(({ instrument_name }) => ["book", "ticker", "trades"].map((kind) => `${kind}.${instrument_name}`));
	const channels = [...names, `user.orders.${accounts[0]}`, `user.trades.${accounts[0]}`].slice(0, CHANNELS);
	const owners: Owner[] = wallets.map(({ privateKey }, i) => ({ account: accounts[i], signer: new KeySigner(privateKey), nonce: 256 }));
	const orders = new Orders(SEED, separatorOf(deployment, "Vault"), owners, markets);
	const senders = await Promise.all(Array.from({ length: SENDERS }, () => Sender.open(url)));
	// An account's messages go over one connection, so that they keep their order.
	const senderOf = (turn: number): Sender => senders[(turn % ACCOUNTS) % SENDERS];
	if (clients > 0) {
		say(`${clients} followers of ${channels.length} channels …`);
		await start([join(ROOT, "bench/load/followers.ts"), url, String(clients), JSON.stringify(channels)], /^following$/);
	}
	const followers = clients > 0 ? children.at(-1) : undefined;

	let turn = 0;
	/** As fast as it goes. */
	const flood = async (forSeconds: number): Promise<number> => {
		let payloads = await orders.take(ACCOUNTS * 50);
		let next = 0;
		let taken = 0;
		const end = performance.now() + forSeconds * 1000;
		const began = performance.now();
		const send = async (): Promise<void> => {
			while (performance.now() < end) {
				if (next === payloads.length) [payloads, next] = [await orders.take(ACCOUNTS * 5), 0];
				if (next === payloads.length) continue;
				const payload = payloads[next++];
				if ((await senderOf(turn++).send(payload)).isTaken) taken += 1;
			}
		};
		await Promise.all(Array.from({ length: IN_FLIGHT }, send));
		return taken / ((performance.now() - began) / 1000);
	};
	say(`As many as it takes, for ${seconds} s …`);
	await flood(Math.min(3, seconds));
	const capacity = await flood(seconds);
	await pause(2000);
	const rate = asked ?? capacity / 2;
	say(`${capacity.toFixed(0)} a second; now ${rate.toFixed(0)} for ${2 * seconds} s …`);
	const count = Math.ceil(rate * 2 * seconds);
	const payloads = await orders.take(count);
	const usage = await cpuOf(sequencer);
	const times: number[] = [];
	let refused = 0;
	const answers: Promise<void>[] = [];
	const began = performance.now();
	for (let sent = 0; sent < count; await pause(2)) {
		for (const due = Math.min(count, ((performance.now() - began) * rate) / 1000); sent < due; sent++) {
			const answer = senderOf(turn++).send(payloads[sent], began + (sent * 1000) / rate);
			answers.push(
				answer.then(({ milliseconds, isTaken }) => {
					if (isTaken) times.push(milliseconds);
					else refused += 1;
				}),
			);
		}
	}
	await Promise.all(answers);
	const elapsed = (performance.now() - began) / 1000;
	const used = (await cpuOf(sequencer)) - usage;
	times.sort((a, b) => a - b);
	const quantile = (part: number): number => Number((times[Math.floor(part * (times.length - 1))] ?? NaN).toFixed(1));
	const heard = followers && (await report(followers));
	for (const sender of senders) sender.close();
	connection.close();
	provider.destroy();
	return {
		clients,
		channels: channels.length,
		capacityPerSecond: Math.round(capacity),
		ratePerSecond: Math.round(rate),
		acknowledged: times.length,
		refused,
		p50Milliseconds: quantile(0.5),
		p90Milliseconds: quantile(0.9),
		p99Milliseconds: quantile(0.99),
		maxMilliseconds: quantile(1),
		sequencerCores: Number((used / elapsed).toFixed(2)),
		...heard,
		seconds,
		cores: availableParallelism(),
		cpu: cpus()[0]?.model ?? "unknown",
		load: Number(loadavg()[0].toFixed(1)),
		node: process.version,
	};
}

/** Seconds of a processor that a process used so far; 0 where the system does not tell. */
async function cpuOf({ pid }: ChildProcess): Promise<number> {
	const { readFile } = await import("node:fs/promises");
	const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
	const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
	return text === "" ? 0 : (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What the followers heard: messages, gaps and closed connections. */
async function report(followers: ChildProcess): Promise<{ messages: number; gaps: number; closed: number }> {
	const line = new Promise<string>((resolve) => createInterface(followers.stdout as NodeJS.ReadableStream).once("line", resolve));
	followers.stdin?.write("report\n");
	return JSON.parse(await line) as { messages: number; gaps: number; closed: number };
}

let status = 0;
try {
	const found = await measure();
	if (json) process.stdout.write(`${JSON.stringify(found)}\n`);
	else for (const [name, value] of Object.entries(found)) process.stdout.write(`${name.padEnd(20)} ${String(value)}\n`);
} catch (error) {
	say((error as Error).message);
	status = 1;
} finally {
	for (const child of [...children].reverse()) await stop(child);
	rmSync(home, { recursive: true, force: true });
}
process.exit(status);
