// Every cell of the matrix: what fails, how, and what must be seen. `begin` does it, `end` undoes it as an operator would: what was killed is started again over what it left.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import { separatorOf } from "../../../src/chain/Bridge.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import * as Checkpoint from "../../../src/protocol/Checkpoint.ts";
import { freePorts } from "../freePorts.ts";
import { MEMBERS, Stage, keyOf } from "./Stage.ts";

/** `continues`: orders are acknowledged during the fault. `halts`: none are, and they are again after it. `prices`: the same of prices, while orders go on. */
export type Expectation = "continues" | "halts" | "prices continue" | "prices halt" | "refused" | "slashed";

export type Cell = {
	readonly name: string;
	readonly component: string;
	readonly fault: string;
	readonly expected: Expectation;
	/** What it needs of the machine besides CometBFT. */
	readonly needs?: "network" | "root" | "faketime";
	/** Milliseconds that the fault lasts, at least. */
	readonly milliseconds?: number;
	/** The member without which nothing can go on after the fault: how long it takes to answer again is told apart. */
	readonly returns?: number;
	begin(stage: Stage): Promise<void> | void;
	end(stage: Stage): Promise<void> | void;
	/** What must come about during the fault besides, so that the cell says something: resolves with what was seen. */
	during?(stage: Stage): Promise<string>;
};

const members = (...places: number[]): string[] => places.map((place) => `member/${place}`);

function walOf(stage: Stage): string {
	return join(stage.directoryOf(3), "committee", "engine", "data", "cs.wal", "wal");
}

/** A member killed, its write-ahead log damaged, and started again. */
function damage(name: string, fault: string, spoil: (file: string) => void): Cell {
	return {
		...{ name, component: "validator 1 of 4", fault, expected: "continues" },
		async begin(stage) {
			await stage.kill("member/3");
			spoil(walOf(stage));
			stage.run("member/3");
		},
		end: () => undefined,
	};
}

/** A process killed by kill -9 and started again, or stopped and let go on. */
function killed(name: string, component: string, names: readonly string[], expected: Expectation): Cell {
	return {
		...{ name, component, fault: "kill -9", expected },
		begin: (stage) => stage.kill(...names),
		end: (stage) => stage.run(...names),
	};
}

function stopped(name: string, component: string, names: readonly string[], expected: Expectation): Cell {
	return {
		...{ name, component, fault: "SIGSTOP", expected },
		begin: (stage) => names.forEach((one) => stage.cluster.signal(one, "SIGSTOP")),
		end: (stage) => names.forEach((one) => stage.cluster.signal(one, "SIGCONT")),
	};
}

/** Reporters that see another market, the same one all of them. */
function lying(name: string, component: string, places: readonly number[], expected: Expectation): Cell {
	const names = places.map((place) => `reporter/${place}`);
	return {
		...{ name, component, fault: "lie together", expected, milliseconds: 20_000 },
		async begin(stage) {
			await stage.kill(...names);
			for (const one of names) stage.cluster.run(one, ["--seed", "77"]);
		},
		async end(stage) {
			await stage.kill(...names);
			stage.run(...names);
		},
	};
}

async function sign(member: number, digest: Uint8Array): Promise<string> {
	return Bytes.toHex(await new KeySigner(keyOf(member)).sign(digest));
}

/** A member whose process does one thing dishonestly (dishonest.ts), started again honestly at the end. */
function dishonest(member: number, how: "omits" | "lies"): Pick<Cell, "begin" | "end"> {
	const name = `member/${member}`;
	return {
		async begin(stage) {
			stage.environment.set(name, {
				NODE_OPTIONS: `--import=${join(import.meta.dirname, "dishonest.ts")}`,
				DISHONEST: how,
				DISHONEST_TOLD: toldBy(stage, member),
				DISHONEST_MEMBER: String(member),
				DISHONEST_DOMAIN: Bytes.toHex(separatorOf(stage.cluster.deployment, "SequencerInbox")),
			});
			await stage.kill(name);
			stage.run(name);
		},
		async end(stage) {
			stage.environment.delete(name);
			await stage.kill(name);
			stage.run(name);
		},
	};
}

function toldBy(stage: Stage, member: number): string {
	return join(stage.cluster.options.directory, `dishonest.${member}.txt`);
}

/** How often a dishonest member has been it. */
function timesDishonest(stage: Stage, member: number): number {
	const file = toldBy(stage, member);
	return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").length : 0;
}

/** A second process with a member's key and a data folder of its own, and how it is called where the keys of a machine are locked by `home`. */
function twinOf(stage: Stage, member: number, data: string, home: string, more: readonly string[] = []): ChildProcess {
	const { directory } = stage.cluster.options;
	const command = [...stage.cluster.commandOf(`member/${member}`), ...more];
	command[command.indexOf("--data") + 1] = data;
	command[command.indexOf("--port") + 1] = "0";
	const [program = process.execPath, ...before] = [...(stage.network?.through(member) ?? []), process.execPath];
	return spawn(program, [...before, join(import.meta.dirname, "..", "..", "..", "src", "cli", "main.ts"), ...command], {
		stdio: ["ignore", "ignore", "pipe"],
		// A group of its own: its engine falls with it.
		detached: true,
		env: { ...process.env, STRIKEPROOF_HOME: directory, HOME: home },
	});
}

/** Waits until the watchers have taken a member's stake. */
async function slashed(stage: Stage, member: number): Promise<void> {
	await stage.cluster.until(`member ${member} to be slashed`, async () => (await stage.stakeOf(member)) === 0n, SLASHED_S);
}

const SLASHED_S = 120;
const REPORTERS_FAULT_MS = 20_000;

export const CELLS: readonly Cell[] = [
	killed("member-kill", "gateway, executor, batcher and validator 1 of 4", members(3), "continues"),
	stopped("member-stop", "gateway, executor, batcher and validator 1 of 4", members(3), "continues"),
	{
		...killed("two-members-kill", "validators 2 of 4", members(2, 3), "halts"),
		returns: 2,
		async end(stage) {
			// The first block must come when one of them is back.
			stage.run("member/2");
			const before = await stage.block(0);
			await stage.cluster.until("a block after one is back", async () => (await stage.block(0)) > before, 120);
			stage.run("member/3");
		},
	},
	stopped("two-members-stop", "validators 2 of 4", members(2, 3), "halts"),
	killed(
		"power-cut",
		"all members, reporters, proposer and challenger",
		[...members(...MEMBERS), "reporter/0", "reporter/1", "reporter/2", "reporter/3", "proposer", "challenger"],
		"halts",
	),
	{
		...{ name: "partition-1-3", component: "validator 1 of 4", fault: "partition 1|3", expected: "continues", needs: "network" },
		begin: (stage) => stage.network?.partition([3], [0, 1, 2]),
		end: (stage) => stage.network?.heal(),
	},
	{
		...{ name: "partition-2-2", component: "validators 2 of 4", fault: "partition 2|2", expected: "halts", needs: "network" },
		begin: (stage) => stage.network?.partition([0, 1], [2, 3]),
		end: (stage) => stage.network?.heal(),
	},
	{
		...{ name: "loss-30", component: "validator 1 of 4", fault: "30 % packet loss", expected: "continues", needs: "network" },
		begin: (stage) => stage.network?.lose(3, 30),
		end: (stage) => stage.network?.heal(),
	},
	{
		...{ name: "slow-link", component: "validator 1 of 4", fault: "a link of 256 kbit/s", expected: "continues", needs: "network" },
		begin: (stage) => stage.network?.slow(3, 256),
		end: (stage) => stage.network?.heal(),
	},
	{
		...{ name: "disk-full", component: "validator 1 of 4", fault: "disk full", expected: "continues", needs: "root" },
		begin: (stage) => stage.fillDisk(),
		end: (stage) => stage.emptyDisk(),
	},
	damage("wal-truncated", "write-ahead log truncated", (file) => truncateSync(file, Math.max(0, readFileSync(file).length - 300))),
	damage("wal-corrupted", "write-ahead log corrupted", (file) => {
		const length = readFileSync(file).length;
		const handle = openSync(file, "r+");
		writeSync(handle, Buffer.alloc(64, 0xa5), 0, 64, Math.floor(length / 2));
	}),
	{
		...{
			name: "clock-skew",
			component: "validator 1 of 4",
			fault: "a clock that runs ten times too fast",
			expected: "continues",
			needs: "faketime",
			milliseconds: 15_000,
		},
		async begin(stage) {
			stage.environment.set("member/3", { LD_PRELOAD: String(Stage.faketime), FAKETIME: "+0 x10", FAKETIME_DONT_FAKE_MONOTONIC: "1" });
			await stage.kill("member/3");
			stage.run("member/3");
		},
		async end(stage) {
			stage.environment.delete("member/3");
			await stage.kill("member/3");
			stage.run("member/3");
		},
	},
	{
		...{ name: "twin-key", component: "validator 1 of 4", fault: "a second process with its key", expected: "refused" },
		begin: () => undefined,
		end: () => undefined,
		async during(stage) {
			const data = mkdtempSync(join(tmpdir(), "sp-twin-"));
			const twin = twinOf(stage, 3, data, stage.cluster.options.directory);
			let said = "";
			twin.stderr?.on("data", (text) => (said += String(text)));
			const status = await new Promise<number | null>((resolve) => {
				const patience = setTimeout(() => twin.kill("SIGKILL"), 60_000);
				twin.once("exit", (code) => {
					clearTimeout(patience);
					resolve(code);
				});
			});
			rmSync(data, { recursive: true, force: true });
			if (status === null || status === 0) throw new Error("the twin ran");
			return said.trim().split("\n").at(-1)?.replaceAll(stage.cluster.options.directory, "…") ?? "";
		},
	},
	{
		...{ name: "l1-away", component: "L1 RPC", fault: "no endpoint answers", expected: "continues", milliseconds: 12_000 },
		begin: (stage) => stage.proxies.forEach((proxy) => (proxy.isDown = true)),
		end: (stage) => stage.proxies.forEach((proxy) => (proxy.isDown = false)),
	},
	{
		...{ name: "l1-slow", component: "L1 RPC", fault: "400 ms more each way (TCP proxy)", expected: "continues" },
		begin: (stage) => stage.proxies.forEach((proxy) => (proxy.delay = 400)),
		end: (stage) => stage.proxies.forEach((proxy) => (proxy.delay = 0)),
	},
	{
		...{ name: "batcher-cut-off", component: "batcher whose turn it is", fault: "reaches no L1", expected: "continues" },
		begin: (stage) => void (stage.proxies[stage.firstTurn].isDown = true),
		end: (stage) => void (stage.proxies[stage.firstTurn].isDown = false),
		async during(stage) {
			const before = await stage.batchCount();
			await stage.cluster.until("another member to post a batch", async () => (await stage.batchCount()) > before, 90);
			return `${(await stage.batchCount()) - before} batches were posted by other members`;
		},
	},
	killed("proposer-kill", "proposer", ["proposer"], "continues"),
	stopped("proposer-stop", "proposer", ["proposer"], "continues"),
	killed("challenger-kill", "challenger", ["challenger"], "continues"),
	stopped("challenger-stop", "challenger", ["challenger"], "continues"),
	{ ...killed("reporter-kill", "reporters, f = 1 of 4", ["reporter/3"], "prices continue"), milliseconds: REPORTERS_FAULT_MS },
	{
		...killed("reporters-kill", "reporters, f + 1 = 2 of 4", ["reporter/2", "reporter/3"], "prices halt"),
		milliseconds: REPORTERS_FAULT_MS,
	},
	lying("reporter-lies", "reporters, f = 1 of 4", [3], "prices continue"),
	lying("reporters-lie", "reporters, f + 1 = 2 of 4", [2, 3], "prices halt"),
	{
		...{
			name: "proposer-omits",
			component: "validator 1 of 4",
			fault: "proposes blocks without the votes' extensions",
			expected: "continues",
		},
		...dishonest(3, "omits"),
		async during(stage) {
			await stage.cluster.until("the member to propose", () => timesDishonest(stage, 3) > 2, 90);
			const before = await stage.block(0);
			await stage.cluster.until("blocks of the others", async () => (await stage.block(0)) > before + 4, 60);
			return `${timesDishonest(stage, 3)} such blocks were refused by the others, who decided their own`;
		},
	},
	{
		...{ name: "false-root", component: "validator 1 of 4", fault: "signs a false root beside the true one", expected: "slashed" },
		...dishonest(2, "lies"),
		async during(stage) {
			await slashed(stage, 2);
			return `the others' watchers heard ${timesDishonest(stage, 2)} lies in its votes, and showed L1 one of them`;
		},
	},
	{
		...{ name: "twin-votes", component: "validator 1 of 4", fault: "its key votes on a second machine too", expected: "slashed" },
		begin: () => undefined,
		end: () => undefined,
		async during(stage) {
			// Nobody on the first machine knows that the key is used here: another home stands for another machine.
			const data = mkdtempSync(join(tmpdir(), "sp-twin-"));
			const [listen, rpc] = await freePorts(2);
			const host = stage.cluster.options.hostOf?.(3) ?? "127.0.0.1";
			const engine = ["--engine-listen", `${host}:${listen}`, "--engine-rpc", `127.0.0.1:${rpc}`];
			// Over an empty folder it would wait, and find its key voting elsewhere.
			Home.found(join(data, "committee", "engine"));
			const twin = twinOf(stage, 3, data, data, engine);
			let said = "";
			twin.stderr?.on("data", (text) => (said = String(text)));
			const began = performance.now();
			try {
				await slashed(stage, 3);
				return `the engines of the others put two of its votes into a block, and a watcher showed them to L1, ${Math.round((performance.now() - began) / 1000)} s after the second process was started`;
			} catch (error) {
				throw new Error(`${(error as Error).message} The twin said last: ${said.trim().split("\n").at(-1)}`, { cause: error });
			} finally {
				if (twin.pid !== undefined && twin.exitCode === null) process.kill(-twin.pid, "SIGKILL");
				rmSync(data, { recursive: true, force: true });
			}
		},
	},
	{
		...{ name: "gateway-equivocates", component: "gateway", fault: "gives one number to two messages", expected: "slashed" },
		begin: () => undefined,
		end: () => undefined,
		async during(stage) {
			const domain = separatorOf(stage.cluster.deployment, "SequencerInbox");
			const { sequence } = stage.traffic.acknowledged.at(-1) ?? { sequence: 1 };
			for (const message of ["to the buyer", "to the seller"]) {
				const receipt = { sequence, offset: 0, messageHash: Keccak.hashText(message), streamHash: new Uint8Array(32), time: 1 };
				await stage.cluster.call(0, "public/show_receipt", {
					sequence,
					offset: receipt.offset,
					message_hash: Bytes.toHex(receipt.messageHash),
					stream_hash: Bytes.toHex(receipt.streamHash),
					time: receipt.time,
					receipt: await sign(3, Checkpoint.receiptDigest(domain, receipt)),
				});
			}
			await slashed(stage, 3);
			return "two receipts of the member's key were shown to another's watcher, which showed them to L1";
		},
	},
];

/** What is not played, and why. */
export const NOT_PLAYED: readonly { readonly component: string; readonly fault: string; readonly why: string }[] = [
	{
		component: "executor alone",
		fault: "any",
		why: "It runs inside its member's process and has no failure of its own: what kills it kills the member, which is played. A state that differs from the others' is looked for in every cell.",
	},
	{
		component: "CometBFT",
		fault: "clock skew",
		why: "libfaketime does not reach Go. The exchange's time does not come from the engine's clock but from the members' signed extensions, whose clocks are skewed in a cell.",
	},
];
