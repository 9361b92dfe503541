// Every cell of the matrix: what fails, how, and what must be seen. `begin` does it, `end` undoes it as an operator would: what was killed is started again over what it left.

import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import { separatorOf } from "../../../src/chain/Bridge.ts";
import { PLACES, testWallet } from "../../../src/chain/TestKeys.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import * as Keccak from "../../../src/machine/math/Keccak.ts";
import * as Checkpoint from "../../../src/protocol/Checkpoint.ts";
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

/** What a witness shows L1: the deployer pays for it here, and gets the reward. */
async function accuse(stage: Stage, kind: string, a: object, signatureA: string, b: object, signatureB: string): Promise<void> {
	const witness = testWallet(PLACES.deployer).connect(stage.cluster.provider);
	await stage.staking.accuse(witness, kind, [a, signatureA, b, signatureB]);
}

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
			const command = [...stage.cluster.commandOf("member/3")];
			command[command.indexOf("--data") + 1] = data;
			command[command.indexOf("--port") + 1] = "0";
			const twin = spawn(process.execPath, [join(import.meta.dirname, "..", "..", "..", "src", "cli", "main.ts"), ...command], {
				stdio: ["ignore", "ignore", "pipe"],
				env: { ...process.env, STRIKEPROOF_HOME: stage.cluster.options.directory, HOME: stage.cluster.options.directory },
			});
			let said = "";
			twin.stderr.on("data", (text) => (said += String(text)));
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
		...{ name: "gateway-equivocates", component: "gateway", fault: "gives one number to two messages", expected: "slashed" },
		begin: () => undefined,
		end: () => undefined,
		async during(stage) {
			const domain = separatorOf(stage.cluster.deployment, "SequencerInbox");
			const { sequence } = stage.traffic.acknowledged.at(-1) ?? { sequence: 1 };
			const of = (message: string): Checkpoint.Receipt => ({
				...{ sequence, messageHash: Keccak.hashText(message), streamHash: new Uint8Array(32), time: 1 },
			});
			const [a, b] = [of("to the buyer"), of("to the seller")];
			await accuse(
				stage,
				"receipts",
				a,
				await sign(3, Checkpoint.receiptDigest(domain, a)),
				b,
				await sign(3, Checkpoint.receiptDigest(domain, b)),
			);
			return "two receipts of the member's key were shown to L1";
		},
	},
	{
		...{ name: "false-root", component: "validator 1 of 4", fault: "signs a false root beside the true one", expected: "slashed" },
		begin: () => undefined,
		end: () => undefined,
		async during(stage) {
			const domain = separatorOf(stage.cluster.deployment, "SequencerInbox");
			const { checkpoint_height, checkpoint_root } = await stage.cluster.committee(0);
			const streamHash = Keccak.hashText("the stream at that height");
			const of = (root: Uint8Array): Checkpoint.CheckpointVote => ({ height: checkpoint_height, streamHash, root });
			const [a, b] = [of(Bytes.fromHex(String(checkpoint_root))), of(Keccak.hashText("another root"))];
			await accuse(
				stage,
				"checkpoints",
				a,
				await sign(2, Checkpoint.checkpointDigest(domain, a)),
				b,
				await sign(2, Checkpoint.checkpointDigest(domain, b)),
			);
			return "two checkpoints of one height by the member's key were shown to L1";
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
		component: "proposer of a block",
		fault: "omits extensions of votes",
		why: "CometBFT cannot be made to do it without another engine. `test/ordering/comet/application.test.ts` offers such blocks to the application, which refuses them.",
	},
	{
		component: "CometBFT",
		fault: "clock skew",
		why: "libfaketime does not reach Go. The exchange's time does not come from the engine's clock but from the members' signed extensions, whose clocks are skewed in a cell.",
	},
];
