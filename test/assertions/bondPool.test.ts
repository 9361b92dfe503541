import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Contract, JsonRpcSigner, parseEther } from "ethers";
import type { ContractTransactionResponse, HDNodeWallet, TransactionReceipt } from "ethers";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import { refuses, send } from "../chain/l1.ts";
import { Arena, BOND, GRACE, HEIGHT, History, PERIOD, stateAt } from "./arena.ts";

const STEP = 5;
const PENDING = 1;
const CONFIRMED = 3;
const REJECTED = 4;
const NOTICE_BLOCKS = 300;
const THIRD = BOND / 3n;

describe("given a bond that three people pay together", () => {
	let arena: Arena;
	let pools: Contract;
	let pool: Contract;
	let honestId: string;
	let snapshot: string;
	let people: HDNodeWallet[];
	const honest = new History(stateAt(0), 1);
	const lie = new History(stateAt(0), 1, 1, STEP);

	before(async () => {
		arena = await Arena.start();
		people = await Promise.all([2, 3, 4, 5].map((place) => arena.l1.wallet(place)));
		await arena.postBatch();
		honestId = await arena.idOf(arena.genesis, honest);
		pools = await arena.l1.deploy("BondPools", [await arena.chain.getAddress()]);
		pool = await poolOf(honestId);
	});
	after(() => arena.close());
	beforeEach(async () => {
		snapshot = await arena.l1.chain.snapshot();
	});
	afterEach(() => arena.l1.chain.revert(snapshot));

	async function poolOf(assertion: string): Promise<Contract> {
		await send(pools, people[0], "create", [assertion]);
		const address = (await pools.getFunction("poolOf")(assertion)) as string;
		return new Contract(address, Artifacts.of("BondPool").abi, arena.l1.chain.provider);
	}

	const refused = (call: Promise<unknown>, name: string, args?: readonly unknown[]): Promise<void> =>
		refuses(call, pool.interface, name, args);
	const join = (place: number, amount: bigint): Promise<TransactionReceipt> => send(pool, people[place], "join", [], amount);
	const claimOf = (history: History) => [arena.genesis, history.root(), history.finalState, history.path(0, 2 ** HEIGHT - 1)];
	const assertThrough = (history = honest, value = 0n): Promise<TransactionReceipt> =>
		send(pool, people[3], "createAssertion", claimOf(history), value);
	const balance = (place: number): Promise<bigint> => arena.l1.chain.provider.getBalance(people[place]);

	async function fill(): Promise<void> {
		await join(0, THIRD);
		await join(1, THIRD);
		await join(2, BOND - 2n * THIRD);
	}

	/** What a call pays somebody, without its gas. */
	async function paid(place: number, method: string): Promise<bigint> {
		const before = await balance(place);
		const { fee } = await send(pool, people[place], method, []);
		return (await balance(place)) - before + fee;
	}

	it("refuses a second pool for an assertion, and no pool stands where its id does not say", async () => {
		await assert.rejects(send(pools, people[1], "create", [honestId]));
		assert.equal(await pool.getFunction("assertionId")(), honestId);
		assert.equal(await arena.l1.chain.provider.getCode((await pools.getFunction("poolOf")(arena.genesis)) as string), "0x");
	});

	it("refuses more than the bond, nothing, and ether from anybody but the assertion chain", async () => {
		await refused(join(0, 0n), "NothingHere", [people[0].address]);
		await join(0, BOND - 1n);
		await refused(join(1, 2n), "PoolFull", [1n]);
		await refused(people[1].sendTransaction({ to: await pool.getAddress(), value: 1n, gasLimit: 100_000 }), "NotFromChain", [
			people[1].address,
		]);
	});

	it("refuses to assert before it is full, and anything but its own assertion", async () => {
		await join(0, THIRD);
		await refused(assertThrough(), "NotFull", [BOND - THIRD]);
		await join(1, BOND - THIRD);
		const lieId = await arena.idOf(arena.genesis, lie);
		await refuses(assertThrough(lie), arena.chain.interface, "UnexpectedId", [honestId, lieId]);
		assert.equal(await pool.getFunction("isInUse")(), false);
	});

	it("asserts for anybody when it is full, in the same call as the last part joins", async () => {
		await join(0, BOND - 1n);
		await assertThrough(honest, 1n);
		assert.equal(await arena.statusOf(honestId), PENDING);
		assert.equal(await pool.getFunction("contributions")(people[3].address), 1n);
		await refused(join(1, 1n), "AlreadyInUse");
		await refused(assertThrough(), "AlreadyInUse");
		await refused(send(pool, people[0], "startLeaving", []), "AlreadyInUse");
		await refused(send(pool, people[0], "leave", []), "AlreadyInUse");
		await refused(send(pool, people[0], "claim", []), "NotReturned");
		await refuses(send(pool, people[0], "takeBack", []), arena.chain.interface, "StillStaked", [honestId]);
	});

	it("lets nobody empty it in front of an assertion: who leaves gives notice, and stays if it is used meanwhile", async () => {
		await fill();
		await refused(send(pool, people[3], "startLeaving", []), "NothingHere", [people[3].address]);
		await refused(send(pool, people[0], "leave", []), "NoticeRuns", [0n]);
		await send(pool, people[0], "startLeaving", []);
		const leavesAt = (await pool.getFunction("leavesAt")(people[0].address)) as bigint;
		await refused(send(pool, people[0], "leave", []), "NoticeRuns", [leavesAt]);
		await assertThrough();
		await arena.l1.chain.mine(NOTICE_BLOCKS);
		await refused(send(pool, people[0], "leave", []), "AlreadyInUse");
	});

	it("says how much is missing, takes parts of one wei as any other, and lets one leave in the very block in which its notice ends", async () => {
		await join(0, 1n);
		await join(1, THIRD);
		assert.equal(await pool.getFunction("missing")(), BOND - THIRD - 1n);
		const { blockNumber } = await send(pool, people[0], "startLeaving", []);
		assert.equal(await pool.getFunction("leavesAt")(people[0].address), BigInt(blockNumber + NOTICE_BLOCKS));
		await arena.l1.chain.mine(NOTICE_BLOCKS - 2);
		await refused(send(pool, people[0], "leave", []), "NoticeRuns", [BigInt(blockNumber + NOTICE_BLOCKS)]);
		assert.equal(await paid(0, "leave"), 1n);
		assert.equal(await arena.l1.chain.provider.getBlockNumber(), blockNumber + NOTICE_BLOCKS);
		assert.equal(await pool.getFunction("missing")(), BOND - THIRD);
	});

	it("pays who leaves after the notice, once, and takes the notice back from who joins again", async () => {
		await join(0, THIRD);
		await send(pool, people[0], "startLeaving", []);
		await join(0, 1n);
		await arena.l1.chain.mine(NOTICE_BLOCKS);
		await refused(send(pool, people[0], "leave", []), "NoticeRuns", [0n]);
		await send(pool, people[0], "startLeaving", []);
		await arena.l1.chain.mine(NOTICE_BLOCKS);
		assert.equal(await paid(0, "leave"), THIRD + 1n);
		assert.equal(await pool.getFunction("missing")(), BOND);
		await refused(send(pool, people[0], "leave", []), "NoticeRuns", [0n]);
	});

	it("lets everybody leave at once when another made the assertion", async () => {
		await join(0, THIRD);
		await arena.assert(people[3], arena.genesis, honest, BOND);
		assert.equal(await paid(0, "leave"), THIRD);
	});

	it("gives every part back when the assertion is confirmed, once, and to nobody else", async () => {
		await fill();
		await assertThrough();
		await arena.win(people[3], arena.genesis, honest);
		assert.equal(await arena.statusOf(honestId), CONFIRMED);
		await send(pool, people[3], "takeBack", []);
		await refuses(send(pool, people[3], "takeBack", []), arena.chain.interface, "NotBonded");
		assert.equal(await paid(0, "claim"), THIRD);
		await refused(send(pool, people[0], "claim", []), "NothingHere", [people[0].address]);
		await refused(send(pool, people[3], "claim", []), "NothingHere", [people[3].address]);
		assert.equal(await paid(1, "claim"), THIRD);
		assert.equal(await paid(2, "claim"), BOND - 2n * THIRD);
		assert.equal(await arena.l1.chain.provider.getBalance(await pool.getAddress()), 0n);
	});

	it("loses the bond of a lie, and the pool of the truth is whole", async () => {
		await fill();
		await assertThrough();
		const truth = pool;
		const lieId = await arena.idOf(arena.genesis, lie);
		pool = await poolOf(lieId);
		try {
			await join(3, BOND);
			await assertThrough(lie);
			const game = await arena.gameOf(arena.genesis);
			await arena.descend(game, [honest, lie], STEP, people[0], people[3]);
			await arena.prove(people[0], honest.edge(game, 0, STEP), honest);
			await arena.win(people[0], arena.genesis, honest, STEP);
			await send(arena.chain, people[0], "reject", [lieId]);
			await send(arena.chain, people[0], "forfeit", [await pool.getAddress()]);
			assert.equal(await arena.statusOf(lieId), REJECTED);
			await refuses(send(pool, people[3], "takeBack", []), arena.chain.interface, "NotBonded");
			await refused(send(pool, people[3], "claim", []), "NotReturned");
		} finally {
			pool = truth;
		}
		await send(pool, people[0], "takeBack", []);
		assert.equal(await paid(2, "claim"), BOND - 2n * THIRD);
	});

	it("keeps nobody's part for who refuses his payment", async () => {
		const hostile = await arena.l1.runtime("5f5ffd");
		await arena.l1.chain.provider.send("hardhat_impersonateAccount", [hostile]);
		await arena.l1.chain.provider.send("hardhat_setBalance", [hostile, `0x${parseEther("10").toString(16)}`]);
		const signer = new JsonRpcSigner(arena.l1.chain.provider, hostile);
		const asHostile = pool.connect(signer) as Contract;
		await (await asHostile.getFunction("join")({ value: THIRD, gasLimit: 1_000_000 })).wait();
		await join(0, BOND - THIRD);
		await assertThrough();
		await arena.l1.chain.mine(PERIOD + GRACE);
		await arena.win(people[3], arena.genesis, honest);
		await send(pool, people[0], "takeBack", []);
		assert.equal(await paid(0, "claim"), BOND - THIRD);
		await refused(
			asHostile
				.getFunction("claim")({ gasLimit: 1_000_000 })
				.then((sent: ContractTransactionResponse) => sent.wait()),
			"PaymentFailed",
			[hostile, THIRD],
		);
		assert.equal(await pool.getFunction("contributions")(hostile), THIRD);
	});
});
