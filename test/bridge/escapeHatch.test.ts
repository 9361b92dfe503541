import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ZeroHash, hexlify } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { lotsPerUnit, tickSize } from "../../src/machine/Constants.ts";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import { Tree } from "../../src/machine/state/Tree.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import * as Expiries from "../../src/machine/types/Expiry.ts";
import * as Series from "../../src/machine/types/Series.ts";
import * as Withdrawal from "../../src/protocol/Withdrawal.ts";
import { START, eventOf, refuses, send } from "../chain/l1.ts";
import { Bridge, DEAD_AFTER_BLOCKS, UNSERVED_SECONDS } from "./bridge.ts";

const DAY = START / 86_400;
const EXPIRY = Series.expiryTimeOf(DAY);
const TICK = tickSize(1);
const STRIKE = 10_000;
const PRICE = STRIKE * TICK + 123_456_000;
const CALL = Series.make(1, DAY, Series.CALL, STRIKE);
const PUT = Series.make(1, DAY, Series.PUT, STRIKE);
/** Which the machine settled before it died, at another price than L1 knows. */
const SETTLED = Series.make(1, DAY - 1, Series.CALL, STRIKE);
const SETTLED_PRICE = PRICE + 1_000_000;
const UNEXPIRED = Series.make(1, DAY + 30, Series.CALL, STRIKE);
/** Of an underlying that nobody ever reported. */
const UNKNOWN = Series.make(0, DAY, Series.CALL, STRIKE);
/** Index price at the freeze, after the settlement. */
const LATER = PRICE + 55_000_001;
const owners = [30, 31, 32, 33, 34, 35, 36, 37].map((place) => testWallet(place).address);
const position = (series: number, size: number): Accounts.Position => ({ series, size });
const holder = (i: number, cash: number, positions: Accounts.Position[]): Accounts.Account => ({
	...Accounts.empty(),
	owner: owners[i].toLowerCase(),
	cash,
	positions,
});
// Long and short of the same call, one who owes, one whose position has no price, one short of a worthless put, one whose call has not expired, one who did not fold yet what the machine settled, and one who has the least there is.
const ACCOUNTS = [
	holder(0, 1_000_000, [position(CALL, 7)]),
	holder(1, 900_000_000, [position(CALL, -7)]),
	holder(2, -5, []),
	holder(3, 10, [position(UNKNOWN, 1)]),
	holder(4, 33, [position(PUT, -2)]),
	holder(5, 0, [position(UNEXPIRED, 3)]),
	holder(6, 0, [position(SETTLED, 2)]),
	holder(7, 1, []),
];
const LOTS = BigInt(lotsPerUnit(1));
const GAIN = 7n * BigInt(PRICE - STRIKE * TICK);
// Down for either holder.
const OWED = new Map([
	[1, 1_000_000n + GAIN / LOTS],
	[2, 900_000_000n - (GAIN + LOTS - 1n) / LOTS],
	[5, 33n],
	[6, (3n * BigInt(LATER - STRIKE * TICK)) / LOTS],
	[7, (2n * BigInt(SETTLED_PRICE - STRIKE * TICK)) / LOTS],
	[8, 1n],
]);
const ALL = [...OWED.values()].reduce((sum, amount) => sum + amount, 0n);

describe("given a rollup whose confirmed state holds eight accounts", () => {
	let bridge: Bridge;
	let hatch: Contract;
	let anybody: HDNodeWallet;
	let finalState: string;
	const tree = new Tree(Withdrawal.DEPTH);
	const root = (): string => hexlify(tree.root);
	before(async () => {
		bridge = await Bridge.deploy(ACCOUNTS, undefined, [
			{ underlying: 1, day: DAY - 1, settlementPrice: SETTLED_PRICE },
			{ underlying: 1, day: DAY, settlementPrice: 0 },
		]);
		({ hatch } = bridge);
		anybody = await bridge.l1.wallet(2);
		finalState = hexlify(bridge.finalState);
		tree.set(0, Withdrawal.leaf(0, 1, owners[0].toLowerCase(), 9));
		tree.set(1, Withdrawal.leaf(1, 1, owners[0].toLowerCase(), 9));
		await send(bridge.outbox, bridge.assertionChainKey, "acceptRoot", [root()]);
		await bridge.settle(1, EXPIRY, PRICE);
		await bridge.report(1, EXPIRY + 60, LATER);
	});
	after(() => bridge.close());

	type Change = { cell?: Uint8Array; siblings?: readonly (string | Uint8Array)[]; kindRoots?: readonly (string | Uint8Array)[] };
	const register = (account: number, change: Change = {}): ReturnType<typeof send> =>
		send(hatch, anybody, "register", [
			account,
			change.cell ?? bridge.cells[account - 1] ?? new Uint8Array(0),
			change.siblings ?? bridge.forest.siblings(Kinds.ACCOUNTS, account),
			change.kindRoots ?? bridge.forest.kindRoots(),
		]);
	const balanceOf = (who: string): Promise<bigint> => bridge.usdc.getFunction("balanceOf")(who) as Promise<bigint>;

	it("lets nobody register or escape while it lives", async () => {
		await refuses(register(1), hatch.interface, "NotFrozen");
		await refuses(send(hatch, anybody, "escape", [1]), hatch.interface, "NotFrozen");
		await refuses(bridge.fixPrice(1, DAY), hatch.interface, "NotFrozen");
	});

	it("refuses to freeze what is not dead", async () => {
		await refuses(send(hatch, anybody, "freeze", [finalState]), hatch.interface, "NotDead");
		await send(bridge.inbox, anybody, "force", ["0x01"]);
		await bridge.l1.at((await bridge.l1.now()) + UNSERVED_SECONDS);
		await refuses(send(hatch, anybody, "freeze", [finalState]), hatch.interface, "NotDead");
	});

	it("refuses to freeze on a state that was not confirmed", async () => {
		await bridge.l1.at((await bridge.l1.now()) + 1);
		const other = bridge.finalState.slice();
		other[33] ^= 1;
		await refuses(send(hatch, anybody, "freeze", [hexlify(other)]), hatch.interface, "WrongState");
	});

	it("freezes for anybody when an L1 message waits for too long, or when nothing is confirmed for too long", async () => {
		const { chain } = bridge.l1;
		const outer = await chain.snapshot();
		await send(hatch, anybody, "freeze", [finalState]);
		assert.equal(await hatch.getFunction("stateRoot")(), hexlify(bridge.forest.stateRoot()));
		await refuses(send(hatch, anybody, "freeze", [finalState]), hatch.interface, "AlreadyFrozen");
		await refuses(send(bridge.vault, anybody, "deposit", [owners[0], 0, 1]), bridge.vault.interface, "RollupFrozen");
		await chain.revert(outer);
		await chain.mine(DEAD_AFTER_BLOCKS);
		await send(hatch, anybody, "freeze", [finalState]);
	});

	it("pays confirmed withdrawals first, as long as the pool is not divided", async () => {
		const { chain } = bridge.l1;
		const snapshot = await chain.snapshot();
		await send(bridge.usdc, anybody, "mint", [await bridge.vault.getAddress(), 18]);
		await send(bridge.outbox, anybody, "claim", [root(), 0, 1, owners[0], 9, tree.siblings(0)]);
		assert.equal(await balanceOf(owners[0]), 9n);
		await bridge.l1.at(Number(await hatch.getFunction("registrationEndsAt")()));
		const late = send(bridge.outbox, anybody, "claim", [root(), 1, 1, owners[0], 9, tree.siblings(1)]);
		await refuses(late, bridge.outbox.interface, "RollupFrozen");
		await chain.revert(snapshot);
	});

	it("refuses accounts that the state does not hold", async () => {
		const richer = Accounts.encode({ ...ACCOUNTS[0], cash: 2_000_000 });
		await refuses(register(1, { cell: richer }), hatch.interface, "WrongProof");
		await refuses(register(2, { cell: bridge.cells[0] }), hatch.interface, "WrongProof");
		const stateRoot = hexlify(bridge.forest.stateRoot());
		const short = register(1, { siblings: bridge.forest.siblings(Kinds.ACCOUNTS, 1).slice(1) });
		await refuses(short, hatch.interface, "WrongState", [stateRoot, ZeroHash]);
		const roots = bridge.forest.kindRoots();
		await refuses(register(1, { kindRoots: [...roots.slice(1), roots[0]] }), hatch.interface, "WrongState");
		await refuses(register(1, { kindRoots: roots.slice(0, 7) }), hatch.interface, "WrongState");
		// An index that differs above the tree's depth would name the same leaf again.
		const same = { cell: bridge.cells[0], siblings: bridge.forest.siblings(Kinds.ACCOUNTS, 1) };
		await refuses(register(2 ** 24 + 1, same), hatch.interface, "WrongState");
	});

	it("refuses who is owed nothing, and who holds what nobody ever priced", async () => {
		await refuses(register(3), hatch.interface, "NothingOwed", [3n]);
		await refuses(register(4), hatch.interface, "NotSettled", [BigInt(UNKNOWN)]);
		await refuses(bridge.fixPrice(0, DAY), hatch.interface, "NoPrice", [0n, BigInt(DAY)]);
	});

	it("prices what L1 knew nothing of at the freeze by a report that somebody shows afterwards, and by no later one", async () => {
		const { chain } = bridge.l1;
		const snapshot = await chain.snapshot();
		await bridge.report(0, await bridge.l1.now(), 2_077_000_000);
		assert.equal(eventOf(hatch, await bridge.fixPrice(0, DAY), "PriceFixed").price, 2_077_000_000n);
		await bridge.report(0, await bridge.l1.now(), 2_078_000_000);
		await refuses(bridge.fixPrice(0, DAY), hatch.interface, "AlreadyFixed", [0n, BigInt(DAY)]);
		const worth = 10n + (2_077_000_000n - BigInt(STRIKE * tickSize(0))) / BigInt(lotsPerUnit(0));
		assert.equal(eventOf(hatch, await register(4), "Registered").amount, worth);
		await chain.revert(snapshot);
	});

	it("registers no position before its day has a price, and takes no other cell for the day's", async () => {
		await refuses(register(1), hatch.interface, "NotSettled", [BigInt(CALL)]);
		const richer = Expiries.encode({ ...Expiries.empty(), day: DAY, settlementPrice: PRICE * 2 });
		await refuses(bridge.fixPrice(1, DAY, richer), hatch.interface, "WrongProof");
		await refuses(bridge.fixPrice(1, DAY, new Uint8Array(0)), hatch.interface, "WrongProof");
		await refuses(bridge.fixPrice(1, DAY - 1, bridge.expiryOf(1, DAY)), hatch.interface, "WrongProof");
		const siblings = bridge.forest.siblings(Kinds.EXPIRIES, Series.slotOf(1, DAY));
		const short = send(hatch, anybody, "fixPrice", [1, DAY, bridge.expiryOf(1, DAY), siblings.slice(1), bridge.forest.kindRoots()]);
		await refuses(short, hatch.interface, "WrongState");
	});

	it("prices a day by the machine, else by the oracle, else by its index at the freeze, once for everybody", async () => {
		for (const [day, price] of [
			[DAY - 1, SETTLED_PRICE],
			[DAY, Number(await bridge.oracle.getFunction("settlementPrice")(1, DAY))],
			[DAY + 30, LATER],
		]) {
			const fixed = eventOf(hatch, await bridge.fixPrice(1, day), "PriceFixed");
			assert.deepEqual(fixed, { underlying: 1n, day: BigInt(day), price: BigInt(price) });
			await refuses(bridge.fixPrice(1, day), hatch.interface, "AlreadyFixed", [1n, BigInt(day)]);
		}
		assert.notEqual(await bridge.oracle.getFunction("settlementPrice")(1, DAY), 0n);
	});

	it("registers cash and what positions pay, settled or at the freeze's index price, once each account", async () => {
		// A price that comes after the freeze moves nobody's claim.
		await bridge.report(1, EXPIRY + 120, LATER * 2);
		for (const [account, amount] of OWED) {
			assert.equal(eventOf(hatch, await register(account), "Registered").amount, amount);
		}
		await refuses(register(1), hatch.interface, "AlreadyRegistered", [1n]);
		assert.equal(await hatch.getFunction("totalClaims")(), ALL);
	});

	it("pays nobody while others may still register, and registers nobody afterwards", async () => {
		await refuses(send(hatch, anybody, "escape", [1]), hatch.interface, "RegistrationOpen");
		await bridge.l1.at(Number(await hatch.getFunction("registrationEndsAt")()));
		await refuses(register(4), hatch.interface, "RegistrationOver");
	});

	for (const [held, how] of [
		[ALL, "in full where the vault holds it all"],
		[ALL - 500_000_001n, "pro rata where the vault holds less, and never more than it holds"],
		[ALL + 77n, "no more than they are owed where the vault holds more"],
	] as const) {
		it(`pays ${how}`, async () => {
			const { chain } = bridge.l1;
			const snapshot = await chain.snapshot();
			const vault = await bridge.vault.getAddress();
			await send(bridge.usdc, anybody, "mint", [vault, held]);
			let paid = 0n;
			for (const [account, owed] of OWED) {
				await send(hatch, anybody, "escape", [account]);
				const got = await balanceOf(owners[account - 1]);
				assert.equal(got, held < ALL ? (owed * held) / ALL : owed);
				paid += got;
				await refuses(send(hatch, anybody, "escape", [account]), hatch.interface, "NothingOwed");
			}
			assert.equal(await balanceOf(vault), held - paid);
			await refuses(send(hatch, anybody, "escape", [4]), hatch.interface, "NothingOwed");
			await chain.revert(snapshot);
		});
	}
});
