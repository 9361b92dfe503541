import assert from "node:assert/strict";
import {
	closeSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Request } from "cosmjs-types/tendermint/abci/types";
import { KeySigner } from "../../../src/chain/KeySigner.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import { CometOrderer } from "../../../src/ordering/comet/CometOrderer.ts";
import * as Decided from "../../../src/ordering/comet/Decided.ts";
import * as EngineLog from "../../../src/ordering/comet/EngineLog.ts";
import * as Envelope from "../../../src/ordering/comet/Envelope.ts";
import * as Home from "../../../src/ordering/comet/Home.ts";
import * as Recovery from "../../../src/ordering/comet/Recovery.ts";
import { Rejoining } from "../../../src/ordering/comet/Rejoining.ts";
import * as SigningState from "../../../src/ordering/comet/SigningState.ts";
import { Supervisor } from "../../../src/ordering/comet/Supervisor.ts";
import { MemoryStore } from "../../../src/store/MemoryStore.ts";
import { bundleOf, CHAIN, digests, rootOf, silent, SKIP, startCommittee, until } from "./committee.ts";
import type { Member, TestCommittee } from "./committee.ts";

describe("given a member that does not know what it signed", () => {
	const own = `0x${"0a".repeat(20)}`;
	const vote = { address: own, said: { time: 1, l1Count: 0, cuts: [] } };
	const block = (blockHeight: number, hellos: readonly Envelope.HelloEnvelope[] = [], voters: readonly (typeof vote)[] = []) => ({
		...{ decided: { blockHeight }, hellos, voters },
	});
	const hello = (number: Uint8Array, lane = own): Envelope.HelloEnvelope => ({ kind: Envelope.HELLO, lane, number });

	it("may not vote, however many blocks go by, before one holds its own number in its own name", () => {
		const rejoining = new Rejoining(own);
		rejoining.hear(block(10, [hello(new Uint8Array(32)), hello(rejoining.number, `0x${"0b".repeat(20)}`)]));
		for (let height = 11; height < 100; height++) rejoining.hear(block(height));
		assert.equal(rejoining.mayVoteAbove, undefined);
		assert.ok(rejoining.isUnheard);
		assert.notDeepEqual(rejoining.number, new Rejoining(own).number);
	});

	it("says another number when none of many blocks held the one that its pool took, and may vote behind either", () => {
		const rejoining = new Rejoining(own);
		const first = rejoining.number;
		for (let height = 1; height <= 100; height++) rejoining.hear(block(height));
		assert.deepEqual(rejoining.number, first, "nobody was told it");
		rejoining.say();
		for (let height = 101; height <= 163; height++) rejoining.hear(block(height));
		assert.deepEqual(rejoining.number, first);
		rejoining.hear(block(164));
		assert.notDeepEqual(rejoining.number, first);
		assert.ok(rejoining.isUnheard);
		rejoining.hear(block(165, [hello(first)]));
		rejoining.hear(block(168));
		assert.equal(rejoining.mayVoteAbove, 171);
	});

	it("may vote a few blocks behind that one", () => {
		const rejoining = new Rejoining(own);
		// Its votes of before may be counted up to there.
		rejoining.hear(block(10, [hello(rejoining.number)], [vote]));
		rejoining.hear(block(11, [], [vote]));
		for (let height = 12; height < 13; height++) rejoining.hear(block(height));
		assert.equal(rejoining.mayVoteAbove, undefined);
		rejoining.hear(block(13));
		assert.equal(rejoining.mayVoteAbove, 16);
	});

	it("never votes once it sees its key vote behind that one, since another process has it", () => {
		const rejoining = new Rejoining(own);
		rejoining.hear(block(10, [hello(rejoining.number)]));
		rejoining.hear(block(12, [], [vote]));
		for (let height = 13; height < 100; height++) rejoining.hear(block(height));
		assert.equal(rejoining.mayVoteAbove, undefined);
		assert.match(rejoining.reason, /another process votes/);
	});

	it("says its number in a transaction that is read back, and of no other length", async () => {
		const signer = new KeySigner(Bytes.toHex(Home.freshKey()));
		const { number } = new Rejoining(signer.address);
		assert.deepEqual(Envelope.read(CHAIN, await Envelope.encodeHello(CHAIN, signer, number)), hello(number, signer.address));
		assert.match(String(Envelope.read(CHAIN, await Envelope.encodeHello(CHAIN, signer, number.slice(1)))), /118 bytes/);
		assert.match(String(Envelope.read("another-chain", await Envelope.encodeHello(CHAIN, signer, number))), /signature/);
	});
});

describe("given a member whose engine's log is gone, and what it was locked on with it", () => {
	const root = mkdtempSync(join(tmpdir(), "sp-lock-"));
	after(() => rmSync(root, { recursive: true, force: true }));
	const voted = { height: "7", round: 0, step: 3, signature: Buffer.alloc(65, "signature").toString("base64"), signbytes: "0A" };
	/** The engine refuses what is not behind this: whatever round there is at height 7. */
	const left = { height: "7", round: 2 ** 31 - 1, step: 3 };
	let made = 0;

	/** A member's folder whose engine voted, and has these files. */
	function folder(files: readonly string[], vote: object = voted): string {
		const directory = join(root, String(made++));
		const data = join(directory, "engine", "data");
		for (const file of files) {
			mkdirSync(join(data, file, ".."), { recursive: true });
			writeFileSync(join(data, file), "");
		}
		mkdirSync(data, { recursive: true });
		writeFileSync(join(data, "priv_validator_state.json"), JSON.stringify(vote));
		return directory;
	}
	const record = (directory: string): unknown =>
		JSON.parse(readFileSync(join(directory, "engine", "data", "priv_validator_state.json"), "utf8"));
	const whole = ["blockstore.db/CURRENT", "cs.wal/wal"];

	/** A member that the engine is started for by this binary. */
	async function openWith(binary: string, directory: string, peers: readonly string[] = []): Promise<CometOrderer> {
		const signer = new KeySigner(Bytes.toHex(Home.freshKey()));
		const store = new MemoryStore();
		await store.commit([{ key: "decided", value: Buffer.from(JSON.stringify(Decided.GENESIS)) }]);
		mkdirSync(join(directory, "engine", "config"), { recursive: true });
		return CometOrderer.open({
			...{ directory, socket: join(directory, "s"), network: { listen: "127.0.0.1:1", rpc: "127.0.0.1:2", peers } },
			...{ chainId: CHAIN, committee: new Map([[signer.address, 1]]), signer, digests, store, journal: silent, binary },
			...{ now: () => 0, l1Count: () => 0, rootAt: rootOf, approves: () => true },
		});
	}
	/** As far as the engine's start, which there is no binary for. */
	const open = (directory: string): Promise<void> => assert.rejects(openWith(join(directory, "none"), directory), /comet:build/);

	it("votes in no round of the height of its last vote when its engine's data is set aside", () => {
		const directory = folder(whole);
		assert.ok(Recovery.setEngineAside(join(directory, "engine")));
		assert.deepEqual(record(directory), left);
	});

	it("votes in no round of it when it opens without the engine's blocks or its log", async () => {
		for (const files of [[], whole.slice(0, 1), whole.slice(1)]) {
			const directory = folder(files);
			await open(directory);
			assert.deepEqual(record(directory), left, String(files));
		}
	});

	describe("whose log is damaged", () => {
		/** As the engine writes it: with the sum of what follows. */
		const entry = (data: Uint8Array): Uint8Array => {
			const head = Buffer.alloc(8);
			head.writeUInt32BE(EngineLog.crc32c(data), 0);
			head.writeUInt32BE(data.length, 4);
			return Bytes.concat(head, data);
		};
		/** The last but one holds the last vote. */
		const vote = Bytes.concat(randomBytes(30), Buffer.from(voted.signature, "base64"), randomBytes(30));
		const entries = [entry(randomBytes(20)), entry(randomBytes(300)), entry(randomBytes(64)), entry(vote), entry(randomBytes(500))];
		const log = Bytes.concat(...entries);
		const ends = entries.map((_, i) => entries.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));

		/** What a member's record of votes is once it opened with such a log, and whether the log is still there. */
		async function openedWith(bytes: Uint8Array): Promise<{ record: unknown; isKept: boolean }> {
			const directory = folder(whole);
			const file = join(directory, "engine", "data", "cs.wal", "wal");
			writeFileSync(file, bytes);
			await open(directory);
			const isKept = existsSync(file);
			assert.deepEqual(readFileSync(isKept ? file : join(directory, "engine", "data", "cs.wal.aside-1", "wal")), Buffer.from(bytes));
			return { record: record(directory), isKept };
		}
		const flipped = (place: number): Uint8Array => {
			const harmed = log.slice();
			harmed[place] ^= 0x80;
			return harmed;
		};

		it("votes in no round of the height of its last vote when that is among what is damaged, or behind it", async () => {
			for (const place of [0, 9, ends[0], ends[0] + 6, ends[1] + 40, ends[2], ends[2] + 20, ends[3] - 1])
				assert.deepEqual(await openedWith(flipped(place)), { record: left, isKept: false }, `a bit of byte ${place}`);
			assert.deepEqual(
				await openedWith(flipped(ends[2] + 20).subarray(0, ends[3])),
				{ record: left, isKept: false },
				"and nothing behind it",
			);
			const hole = Bytes.concat(log.subarray(0, ends[0] + 11), log.subarray(ends[1] + 3));
			assert.deepEqual(await openedWith(hole), { record: left, isKept: false });
			const zeros = log.slice().fill(0, ends[0], ends[2]);
			assert.deepEqual(await openedWith(zeros), { record: left, isKept: false });
		});

		it("goes on where it was when its last vote stands before the damage, or a fall interrupted the last write", async () => {
			for (const place of [ends[3], ends[3] + 30, log.length - 1])
				assert.deepEqual(await openedWith(flipped(place)), { record: voted, isKept: true }, `a bit of byte ${place}`);
			const pages = Bytes.concat(log, new Uint8Array(4096), entry(randomBytes(40)));
			assert.deepEqual(await openedWith(pages), { record: voted, isKept: true }, "pages of which one was not written");
			for (const length of [0, 3, ends[2], ends[2] + 1, ends[2] + 8, ends[3] - 1, log.length])
				assert.deepEqual(await openedWith(log.subarray(0, length)), { record: voted, isKept: true }, `${length} bytes`);
			const zeroed = Bytes.concat(log.subarray(0, ends[2]), new Uint8Array(4096));
			assert.deepEqual(await openedWith(zeroed), { record: voted, isKept: true });
		});

		it("has the sum of Castagnoli's polynomial that everybody has", () => {
			// RFC 3720, B.4: 32 bytes of zeros, and of ones.
			assert.equal(EngineLog.crc32c(new Uint8Array(32)), 0x8a91_36aa);
			assert.equal(EngineLog.crc32c(new Uint8Array(32).fill(255)), 0x62a8_ab43);
			assert.equal(EngineLog.crc32c(Buffer.from("123456789")), 0xe306_9283);
		});
	});

	it("keeps its vote as it is when nothing is lost, and when it never voted", async () => {
		const directory = folder(whole);
		await open(directory);
		assert.deepEqual(record(directory), voted);
		const fresh = { height: "0", round: 0, step: 0 };
		const founder = folder([], fresh);
		await open(founder);
		assert.deepEqual(record(founder), fresh);
	});

	it("is let vote again above a height only, in no round of it", () => {
		const directory = folder([]);
		SigningState.allowAbove(join(directory, "engine"), 7);
		assert.deepEqual(record(directory), left);
	});

	it("leaves the engine's data where it is while the order is damaged or the application fails, since that ends the engine, too", async () => {
		const others = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
		await once(others, "listening");
		const peers = [`id@127.0.0.1:${(others.address() as AddressInfo).port}`];
		const damage = (directory: string): void => writeFileSync(join(directory, "log.damaged"), "as found while it ran");
		/** A block that does not follow the last one. */
		const fail = async (directory: string): Promise<void> => {
			const socket = connect(join(directory, "s"));
			const request = Request.encode(Request.fromPartial({ finalizeBlock: { height: 5n } })).finish();
			socket.write(Bytes.concat(Uint8Array.of(request.length), request));
			await once(socket, "close");
		};
		for (const [harm, isAside] of [
			[() => undefined, true],
			[damage, false],
			[fail, false],
		] as const) {
			const directory = folder(whole);
			const orderer = await openWith("/bin/false", directory, peers);
			await harm(directory);
			assert.equal(await orderer.resync(), isAside);
			assert.equal(existsSync(join(directory, "engine", "data.aside-1")), isAside);
			await orderer.close();
		}
		others.close();
	});

	it("sets the engine's data aside once, also where no engine can be started then", async () => {
		const binary = join(root, "gone");
		writeFileSync(binary, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
		// Whoever asks the others is about to set data aside.
		const others = createServer((socket) => {
			rmSync(binary, { force: true });
			socket.destroy();
		}).listen(0, "127.0.0.1");
		await once(others, "listening");
		const directory = folder(whole);
		const orderer = await openWith(binary, directory, [`id@127.0.0.1:${(others.address() as AddressInfo).port}`]);
		const watching = new Supervisor(orderer, silent, {
			...{ patienceMilliseconds: 5_000, maxStartMilliseconds: 30_000, pauseMilliseconds: 1, maxPauseMilliseconds: 2, resyncAttempts: 3 },
		});
		const asides = (): string[] => readdirSync(join(directory, "engine")).filter((name) => name.startsWith("data.aside-"));
		await until("its data is set aside", () => asides().length > 0);
		const { starts } = watching;
		await until("it is started again", () => watching.starts > starts + 2);
		watching.stop();
		await orderer.close();
		others.close();
		assert.deepEqual(asides(), ["data.aside-1"]);
	});

	it("starts no engine behind its close, since another process may have the key by then", async () => {
		const others = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
		await once(others, "listening");
		const peers = [`id@127.0.0.1:${(others.address() as AddressInfo).port}`];
		const slow = join(root, "slow");
		writeFileSync(slow, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
		for (const isStopping of [false, true]) {
			const orderer = await openWith(slow, folder(whole), peers);
			const { engine } = orderer;
			const { pid } = engine;
			assert.ok(pid);
			const resyncing = orderer.resync();
			while (isStopping && engine.pid !== undefined) await setImmediate();
			await orderer.close("SIGKILL");
			assert.throws(() => process.kill(pid, 0), /ESRCH/);
			assert.equal(await resyncing, false);
			await assert.rejects(engine.start(), { code: "CLOSED" });
			assert.equal(engine.pid, undefined);
		}
		others.close();
	});
});

describe("given a member of a real committee that lost what it had", { skip: SKIP }, () => {
	let committee: TestCommittee;
	let supervisor: Supervisor | undefined;
	let stopWatching: (() => void) | undefined;
	const accused: string[] = [];
	const home = (member: Member): string => join(member.directory, "engine");
	before(async () => {
		committee = await startCommittee(4);
		const [first] = committee.members;
		first.orderer.application.watch(() => accused.push(...[...first.orderer.application.accusing()].map(String)));
	});
	after(async () => {
		supervisor?.stop();
		await committee.close();
	});

	/** Blocks that the member voted for since it came back, as the others' commits tell, and those of them while it said that it does not vote. */
	const votes: number[] = [];
	const forbidden: number[] = [];

	/** Ends the last member, damages what it left, and opens it again. */
	async function lose(damage: (member: Member) => void): Promise<{ readonly member: Member; readonly height: number }> {
		const [first, , , member] = committee.members;
		supervisor?.stop();
		await member.orderer.submit(bundleOf(`before ${performance.now()}`));
		await until("it has the order", () => member.orderer.height >= first.orderer.height);
		await member.orderer.close("SIGKILL");
		damage(member);
		// The one that it may have been voting on counts, too.
		const above = first.orderer.application.decided.blockHeight + 1;
		const { height } = await first.orderer.submit(bundleOf(`meanwhile ${performance.now()}`));
		await member.open();
		for (const list of [votes, forbidden]) list.length = 0;
		stopWatching?.();
		stopWatching = first.orderer.application.watch(({ decided, voters }) => {
			const block = decided.blockHeight - 1;
			if (block <= above || !voters.some(({ address }) => address === member.signer.address)) return;
			votes.push(block);
			if (member.orderer.silence !== undefined) forbidden.push(block);
		});
		supervisor = new Supervisor(member.orderer, silent, {
			...{
				patienceMilliseconds: 5_000,
				maxStartMilliseconds: 30_000,
				pauseMilliseconds: 100,
				maxPauseMilliseconds: 1_000,
				resyncAttempts: 3,
			},
		});
		return { member, height };
	}

	async function hasTheOrder(member: Member, height: number): Promise<void> {
		const [first] = committee.members;
		await until("it has the whole order", () => member.orderer.height >= height);
		assert.deepEqual(await member.orderer.read(1, height), await first.orderer.read(1, height));
	}

	async function votesAgain(member: Member): Promise<void> {
		assert.match(String(member.orderer.silence), /does not know what it signed/);
		await until("it votes again", () => votes.length > 0, 40);
		assert.deepEqual(forbidden, []);
		// Its own gateway orders again, too.
		await member.orderer.submit(bundleOf(`after ${performance.now()}`));
		assert.deepEqual(accused, [], "nobody saw it vote twice");
	}

	it("copies the blocks from the others when its engine's data is gone, and votes on nothing that it may have voted on", async () => {
		const { member, height } = await lose((one) => rmSync(join(home(one), "data"), { recursive: true }));
		assert.equal(SigningState.read(home(member)), "never");
		await hasTheOrder(member, height);
		await votesAgain(member);
	});

	it("replays its blocks when its store is gone, and holds whatever it was asked to sign meanwhile for signed", async () => {
		const [first] = committee.members;
		const proposal = {
			...{ index: 0, previousAccumulator: new Uint8Array(32), minTime: 1, maxTime: 2, l1End: 0, fromHeight: 1, toHeight: 1 },
		};
		for (let tries = 0; tries < 100 && !(await first.orderer.certificate(proposal)); tries++)
			await new Promise((resolve) => setTimeout(resolve, 50));
		const certificate = await first.orderer.certificate(proposal);
		assert.ok(certificate);
		const { member, height } = await lose((one) => one.loseStore());
		await hasTheOrder(member, height);
		const promised = [...member.store.range("signed/batch/", "signed/batch0")];
		assert.deepEqual(
			promised.map(([, digest]) => digest),
			[digests.batch(proposal, certificate.content)],
		);
		await votesAgain(member);
	});

	it("writes its own order again when that is damaged, and keeps what it had", async () => {
		const { member, height } = await lose((one) => {
			const [segment] = readdirSync(join(one.directory, "log")).sort();
			const file = openSync(join(one.directory, "log", segment), "r+");
			writeSync(file, Buffer.alloc(64, 0xff), 0, 64, 120);
			closeSync(file);
		});
		await hasTheOrder(member, height);
		assert.equal(member.orderer.silence, undefined, "what it signed is known");
		assert.ok(existsSync(join(member.directory, "log.aside-1")));
		await until("it votes", () => votes.length > 0);
		assert.deepEqual(accused, []);
	});

	it("comes back from nothing at all", async () => {
		const { member, height } = await lose((one) => {
			for (const name of ["data", join("config", "addrbook.json")]) rmSync(join(home(one), name), { recursive: true, force: true });
			rmSync(join(one.directory, "log"), { recursive: true });
			one.loseStore();
		});
		await hasTheOrder(member, height);
		await votesAgain(member);
	});

	it("leaves out the block that it voted on when its engine's log lost the vote, and reads a whole one as whole", async () => {
		const { member, height } = await lose((one) => {
			const file = join(home(one), "data", "cs.wal", "wal");
			const bytes = readFileSync(file);
			const signature = SigningState.lastSignature(home(one));
			assert.ok(signature);
			assert.equal(EngineLog.lostVote(home(one), signature), false);
			const place = bytes.indexOf(signature);
			assert.ok(place > 0, "its own log has what it voted last");
			bytes[place] ^= 0x80;
			writeFileSync(file, bytes);
			assert.equal(EngineLog.lostVote(home(one), signature), true);
		});
		assert.ok(existsSync(join(home(member), "data", "cs.wal.aside-1", "wal")));
		await hasTheOrder(member, height);
		assert.equal(member.orderer.silence, undefined);
		await until("it votes", () => votes.length > 0);
		assert.deepEqual(accused, []);
	});

	it("sets an engine's data aside that it cannot start with, and knows what it voted all the same", async () => {
		const { member, height } = await lose((one) => {
			const blocks = join(home(one), "data", "blockstore.db");
			for (const name of readdirSync(blocks)) if (/MANIFEST|CURRENT/.test(name)) writeFileSync(join(blocks, name), "not what it was");
			for (const name of readdirSync(blocks)) if (/\.ldb$|\.log$/.test(name)) rmSync(join(blocks, name));
		});
		await hasTheOrder(member, height);
		assert.ok(existsSync(join(home(member), "data.aside-1")));
		assert.equal(member.orderer.silence, undefined);
		await until("it votes", () => votes.length > 0);
		assert.deepEqual(accused, []);
	});
});

describe("given a real committee of two that a third joins, so that nothing is decided without it", { skip: SKIP }, () => {
	const keys = [Home.freshKey(), Home.freshKey(), Home.freshKey()];
	const onL1 = (count: number) =>
		keys
			.slice(0, count)
			.map((key) => ({ address: Home.memberOf(key).address, power: 1 }))
			.sort((one, other) => (one.address < other.address ? -1 : 1));
	let seen = onL1(2);
	let committee: TestCommittee;
	let supervisor: Supervisor | undefined;
	let joining: NodeJS.Timeout | undefined;
	before(async () => {
		committee = await startCommittee(3, () => ({ committeeOnL1: () => seen }), { keys, founders: 2 });
	});
	after(async () => {
		clearInterval(joining);
		supervisor?.stop();
		await committee.close();
	});

	it("is ready to vote before it gets power, so that the order goes on", async () => {
		const [first, , newcomer] = committee.members;
		await first.orderer.submit(bundleOf("two"));
		const { publicKey } = Home.memberOf(keys[2]);
		supervisor = new Supervisor(newcomer.orderer, silent);
		joining = setInterval(() => void newcomer.orderer.join(publicKey), 100);
		await until("it follows", () => newcomer.orderer.height > 0);
		assert.match(String(newcomer.orderer.silence), /does not know what it signed/);
		let isCounted = false;
		first.orderer.application.watch(({ voters }) => (isCounted ||= voters.some(({ address }) => address === newcomer.signer.address)));
		seen = onL1(3);
		await until("its vote is counted", () => isCounted, 60);
		assert.equal(first.orderer.application.committee.size, 3);
		const { height } = await first.orderer.submit(bundleOf("three"));
		await until("it has that, too", () => newcomer.orderer.height >= height);
	});

	it("is ready again before it gets its power back, when L1 had it no more and it lost its folder meanwhile", async () => {
		const [first, , member] = committee.members;
		const { application } = first.orderer;
		seen = onL1(2);
		await until("it has no power", () => application.committee.size === 2);
		// The engine counts its vote for two blocks more.
		const { blockHeight } = application.decided;
		await until("nobody waits for it", () => application.decided.blockHeight > blockHeight + 2);
		supervisor?.stop();
		await member.orderer.close("SIGKILL");
		for (const name of ["engine/data", "log"]) rmSync(join(member.directory, name), { recursive: true });
		member.loseStore();
		seen = onL1(3);
		await until("the others see it on L1", () => Object.keys(application.decided.seen ?? {}).length === 3);
		const { height: before } = first.orderer;
		void first.orderer.submit(bundleOf("two again")).catch(() => undefined);
		await until("the two order without it", () => first.orderer.height > before);
		await member.open();
		supervisor = new Supervisor(member.orderer, silent);
		await until("it has power", () => application.committee.size === 3, 60);
		assert.equal(member.orderer.silence, undefined);
		const { height } = await first.orderer.submit(bundleOf("three again"));
		await until("it has that, too", () => member.orderer.height >= height);
	});
});
