import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { CometOrderer } from "../../../src/ordering/comet/CometOrderer.ts";
import { Engine } from "../../../src/ordering/comet/Engine.ts";
import { endsAfter, LADDER, next, silence, Supervisor } from "../../../src/ordering/comet/Supervisor.ts";
import type { Fields } from "../../../src/ports/Log.ts";
import { bundleOf, silent, SKIP, startCommittee, until } from "./committee.ts";
import type { TestCommittee } from "./committee.ts";

describe("given what a supervisor knows of a member", () => {
	const calm = {
		isRunning: true,
		stillForMilliseconds: 100,
		startedForMilliseconds: 100_000,
		startTookMilliseconds: 0,
		attempts: 0,
		ends: 0,
	};

	it("leaves an engine alone that decides, or that it has just started", () => {
		assert.equal(next(calm, LADDER), "wait");
		assert.equal(next({ ...calm, stillForMilliseconds: 4_999 }, LADDER), "wait");
		assert.equal(next({ ...calm, stillForMilliseconds: 90_000, startedForMilliseconds: 4_999 }, LADDER), "wait");
	});

	it("starts one that ended at once, and again after pauses that double", () => {
		const ended = { ...calm, isRunning: false };
		assert.equal(next(ended, LADDER), "start");
		for (const [attempts, pause] of [
			[1, 1_000],
			[2, 2_000],
			[4, 8_000],
			[20, 60_000],
		] as const) {
			assert.equal(next({ ...ended, attempts, startedForMilliseconds: pause - 1 }, LADDER), "wait");
			assert.equal(next({ ...ended, attempts, startedForMilliseconds: pause }, LADDER), "start");
		}
	});

	it("gives one that ended at every start the others' blocks in place of its own, once", () => {
		const ended = { ...calm, isRunning: false };
		for (const [ends, action] of [
			[2, "start"],
			[3, "resync"],
			[4, "start"],
			[20, "start"],
		] as const)
			assert.equal(next({ ...ended, attempts: ends, ends }, LADDER), action);
		assert.equal(next({ ...ended, attempts: 3, ends: 3, startedForMilliseconds: 3_999 }, LADDER), "wait");
		assert.equal(next({ ...calm, stillForMilliseconds: 90_000, attempts: 3, ends: 3 }, LADDER), "restart");
	});

	it("asks for the others' blocks at every further end, with pauses that grow, while too few others answer", async () => {
		let asked = 0;
		let isAnswered = false;
		const engine = { pid: undefined, start: () => undefined, stop: async () => undefined };
		const resync = async (): Promise<boolean> => (asked++, isAnswered);
		const orderer = {
			engine,
			resync,
			stillForMilliseconds: Number.POSITIVE_INFINITY,
			voteAgain: async () => false,
			reachesEnough: async () => undefined,
		};
		const ladder = { ...LADDER, pauseMilliseconds: 1, maxPauseMilliseconds: 2 };
		const supervisor = new Supervisor(orderer as unknown as CometOrderer, silent, ladder);
		await until("it asked more than once", () => asked > 2);
		isAnswered = true;
		const before = asked;
		const { starts } = supervisor;
		await until("it goes on starting", () => supervisor.starts > starts + 4);
		supervisor.stop();
		assert.equal(asked, before + 1, "and no more once it was answered");
		assert.deepEqual(
			["resync", "start", "restart"].map((action) => endsAfter(action as "resync", 3, LADDER, false)),
			[3, 4, 0],
		);
	});

	it("goes on looking where a look fails, alarms, and takes no data from an engine that cannot be started", async () => {
		let [isMended, looks, copied] = [false, 0, 0];
		const fail = (reason: string): never => {
			throw new Error(reason);
		};
		const orderer = {
			engine: { pid: undefined, start: () => isMended || fail("There is no cometbft"), stop: async () => undefined },
			stillForMilliseconds: Number.POSITIVE_INFINITY,
			voteAgain: async () => (looks++ < 2 ? fail("EIO: i/o error, write") : false),
			resync: async () => (copied++ < 2 ? fail("ENOSPC: no space left on device") : true),
			reachesEnough: async () => undefined,
		};
		const alarms: string[] = [];
		const log = { ...silent, alarm: (name: string, _: string, fields?: Fields) => alarms.push(`${name}: ${fields?.reason}`) };
		const ladder = { ...LADDER, pauseMilliseconds: 1, maxPauseMilliseconds: 2 };
		const supervisor = new Supervisor(orderer as unknown as CometOrderer, log, ladder);
		await until("the engine was started in vain, more often than data is trusted", () => supervisor.starts > LADDER.resyncAttempts + 1);
		assert.deepEqual(alarms, ["OrderingFailed: EIO: i/o error, write", "OrderingFailed: There is no cometbft"], "once for each reason");
		assert.equal(copied, 0);
		isMended = true;
		await until("its data is copied, since it ended each time", () => copied > 2);
		supervisor.stop();
		assert.equal(alarms[2], "OrderingFailed: ENOSPC: no space left on device");
	});

	it("leaves its data to one that the system refuses to start, however often", async () => {
		const directory = mkdtempSync(join(tmpdir(), "sp-engine-"));
		const binary = join(directory, "cometbft");
		writeFileSync(binary, "", { mode: 0o600 });
		let copied = 0;
		const orderer = {
			engine: new Engine({ home: directory, binary }),
			stillForMilliseconds: Number.POSITIVE_INFINITY,
			voteAgain: async () => false,
			resync: async () => (copied++, true),
			reachesEnough: async () => undefined,
		};
		const alarms: string[] = [];
		const log = { ...silent, alarm: (name: string, _: string, fields?: Fields) => alarms.push(`${name}: ${fields?.reason}`) };
		const ladder = { ...LADDER, pauseMilliseconds: 1, maxPauseMilliseconds: 2 };
		const supervisor = new Supervisor(orderer as unknown as CometOrderer, log, ladder);
		await until("it was started more often than data is trusted", () => supervisor.starts > LADDER.resyncAttempts + 1);
		supervisor.stop();
		rmSync(directory, { recursive: true });
		assert.equal(copied, 0);
		assert.match(alarms.join(), /^OrderingFailed: [^,]*EACCES[^,]*$/);
	});

	it("leaves its data to one that was started anew while nobody decided, however often, and then ended", () => {
		let [attempts, ends] = [0, 0];
		const step = (isRunning: boolean): string => {
			const action = next({ ...calm, isRunning, stillForMilliseconds: 1_000_000, startedForMilliseconds: 100_000, attempts, ends }, LADDER);
			if (action !== "wait") [attempts, ends] = [attempts + 1, endsAfter(action, ends, LADDER)];
			return action;
		};
		const lives = [true, true, true, false, false, true, false, false, false];
		assert.deepEqual(
			lives.map(step),
			lives.map((isRunning) => (isRunning ? "restart" : "start")),
		);
		assert.equal(step(false), "resync");
		assert.equal(step(true), "restart");
		assert.deepEqual(
			[1, 2, 3, 4, 5].map(() => step(false)),
			["start", "start", "start", "start", "start"],
			"what was copied is not set aside again",
		);
	});

	it("starts one anew that lives and decides nothing", () => {
		assert.equal(next({ ...calm, stillForMilliseconds: 5_000 }, LADDER), "restart");
		assert.equal(next({ ...calm, stillForMilliseconds: 7_999, startedForMilliseconds: 6_999, attempts: 2 }, LADDER), "wait");
		assert.equal(next({ ...calm, stillForMilliseconds: 7_999, startedForMilliseconds: 7_000, attempts: 2 }, LADDER), "restart");
	});

	it("gives one on a busy machine longer until its first block, by what its start took", () => {
		const started = (startedForMilliseconds: number, startTookMilliseconds?: number): string =>
			next({ ...calm, stillForMilliseconds: 1_000_000, startedForMilliseconds, startTookMilliseconds }, LADDER);
		assert.equal(started(13_000, 8_000), "wait");
		assert.equal(started(28_999, 8_000), "wait");
		assert.equal(started(29_000, 8_000), "restart");
		assert.equal(started(8_000, 1_000), "restart");
		// One that does not answer may start still, and has a bound all the same.
		assert.equal(started(34_999), "wait");
		assert.equal(started(35_000), "restart");
		assert.equal(started(35_000, 30_000), "restart");
		// Its second block may be as slow as its first, and later it has caught up.
		const decided = { ...calm, stillForMilliseconds: 5_000, startTookMilliseconds: 8_000 };
		assert.equal(next({ ...decided, startedForMilliseconds: 59_999 }, LADDER), "wait");
		assert.equal(next({ ...decided, startedForMilliseconds: 60_000 }, LADDER), "restart");
	});

	it("leaves one alone that reached the others late, and nothing is decided yet", async () => {
		let [reach, stops]: [boolean | undefined, number] = [undefined, 0];
		const engine = { pid: 1, start: () => undefined, stop: async () => void stops++ };
		const orderer = {
			engine,
			stillForMilliseconds: Number.POSITIVE_INFINITY,
			voteAgain: async () => false,
			reachesEnough: async () => reach,
		};
		const ladder = { ...LADDER, patienceMilliseconds: 1_000, maxStartMilliseconds: 4_000 };
		const began = performance.now();
		const supervisor = new Supervisor(orderer as unknown as CometOrderer, silent, ladder);
		await setTimeout(1_500);
		reach = true;
		await until("it is started anew", () => stops > 0);
		supervisor.stop();
		// The patience, and three times what the start took, of which there is a most.
		assert.ok(performance.now() - began >= 5_000, String(performance.now() - began));
	});

	it("lets nobody sign on a full disk or with a wrong clock", () => {
		const guard = { directory: tmpdir(), minFreeBytes: 1, maxClockSkewSeconds: 30 };
		assert.equal(silence(guard, 1_000, 0), undefined);
		assert.equal(silence(guard, 1_000, 1_030), undefined);
		assert.match(String(silence(guard, 1_000, 1_031)), /-31 s/);
		assert.match(String(silence(guard, 1_031, 1_000)), /31 s/);
		assert.match(String(silence({ ...guard, minFreeBytes: Number.MAX_SAFE_INTEGER }, 1_000, 1_000)), /the disk has/);
	});
});

describe("given a supervised member of a real committee", { skip: SKIP }, () => {
	let committee: TestCommittee;
	let supervisor: Supervisor;
	before(async () => {
		committee = await startCommittee(4);
		const [{ orderer }] = committee.members;
		await orderer.submit(bundleOf("before"));
		supervisor = new Supervisor(orderer, silent, {
			...{
				patienceMilliseconds: 2_000,
				maxStartMilliseconds: 30_000,
				pauseMilliseconds: 250,
				maxPauseMilliseconds: 1_000,
				resyncAttempts: 3,
			},
		});
	});
	after(async () => {
		supervisor.stop();
		await committee.close();
	});

	for (const [fault, signal] of [
		["is killed", "SIGKILL"],
		["hangs, though its process lives", "SIGSTOP"],
	] as const) {
		it(`orders again by itself after its engine ${fault}`, async () => {
			const [member, other] = committee.members;
			const { pid } = member.orderer.engine;
			const starts = supervisor.starts;
			assert.ok(pid);
			process.kill(pid, signal);
			const { height } = await member.orderer.submit(bundleOf(signal));
			assert.ok(supervisor.starts > starts, "by the supervisor");
			await until("the others have it", () => other.orderer.height >= height);
			assert.deepEqual(await other.orderer.read(height, height), await member.orderer.read(height, height));
		});
	}

	it("lets an engine wait that reaches too few others to decide anything", async () => {
		const [member, , ...others] = committee.members;
		const { starts } = supervisor;
		for (const { orderer } of others) await orderer.close("SIGKILL");
		await until("too few are left", () => member.orderer.stillForMilliseconds > 4_000);
		assert.equal(await member.orderer.reachesEnough(), false);
		assert.equal(supervisor.starts, starts);
	});

	it("leaves the engine alone when others come back, since agreeing with them takes a moment", async () => {
		const [member, , back] = committee.members;
		const { starts } = supervisor;
		await back.open();
		await member.orderer.submit(bundleOf("together again"));
		assert.equal(supervisor.starts, starts);
	});
});
