import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { MaxUint256, hexlify } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { testWallet } from "../../src/chain/TestKeys.ts";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import { eventOf, refuses, send } from "../chain/l1.ts";
import { Bridge, DEAD_AFTER_BLOCKS } from "./bridge.ts";

const USDC = 1_000_000;
const HELD = 300 * USDC;
const holder = testWallet(30).address.toLowerCase();
const owners = [31, 32, 33].map((place) => testWallet(place).address.toLowerCase());
/** The first is executed in the confirmed state; message 2 is no deposit. */
const EXECUTED = 1;
const payloads = [
	Encoding.deposit(1, owners[0], 100 * USDC),
	Encoding.deposit(2, owners[1], 70 * USDC),
	Uint8Array.of(9, 9, 9),
	Encoding.deposit(1, owners[0], 30 * USDC),
];

describe("given deposits that the confirmed state had not executed when the rollup froze", () => {
	let bridge: Bridge;
	let hatch: Contract;
	let anybody: HDNodeWallet;
	let snapshot: string;
	before(async () => {
		bridge = await Bridge.deploy([{ ...Accounts.empty(), owner: holder, cash: HELD }], { batch: 1, l1Index: EXECUTED, offset: 0, item: 0 });
		({ hatch } = bridge);
		anybody = await bridge.l1.wallet(2);
		const vault = await bridge.vault.getAddress();
		await send(bridge.usdc, anybody, "mint", [anybody.address, 10 * HELD]);
		await send(bridge.usdc, anybody, "approve", [vault, MaxUint256]);
		await send(bridge.vault, anybody, "deposit", [owners[0], 0, 100 * USDC]);
		await send(bridge.vault, anybody, "deposit", [owners[1], 0, 70 * USDC]);
		await send(bridge.inbox, anybody, "force", [payloads[2]]);
		await send(bridge.vault, anybody, "deposit", [owners[0], 0, 30 * USDC]);
		// What the account holds and the executed deposit are one sum: of 400 that the vault holds at last, 300 are the account's.
		await send(bridge.usdc, anybody, "mint", [vault, HELD - 100 * USDC]);
	});
	after(() => bridge.close());
	beforeEach(async () => {
		snapshot = await bridge.l1.chain.snapshot();
	});
	afterEach(() => bridge.l1.chain.revert(snapshot));

	const give = (index: number, payload = payloads[index]): ReturnType<typeof send> =>
		send(hatch, anybody, "returnDeposit", [index, payload]);
	const refused = (call: Promise<unknown>, name: string, args?: readonly unknown[]): Promise<void> =>
		refuses(call, hatch.interface, name, args);
	const balanceOf = async (who: string): Promise<number> => Number((await bridge.usdc.getFunction("balanceOf")(who)) as bigint);
	async function freeze(): Promise<void> {
		await bridge.l1.chain.mine(DEAD_AFTER_BLOCKS + 1);
		await send(hatch, anybody, "freeze", [hexlify(bridge.finalState)]);
	}
	async function register(): Promise<void> {
		const proof = [bridge.forest.siblings(Kinds.ACCOUNTS, 1), bridge.forest.kindRoots()];
		await send(hatch, anybody, "register", [1, bridge.cells[0], ...proof]);
	}
	async function endRegistration(): Promise<void> {
		await bridge.l1.at(Number(await hatch.getFunction("registrationEndsAt")()));
	}

	it("refuses while the rollup lives", async () => {
		await refused(give(1), "NotFrozen");
	});

	it("refuses a deposit that the confirmed state executed: it is in an account", async () => {
		await freeze();
		await refused(give(0), "AlreadyExecuted", [0n, BigInt(EXECUTED)]);
	});

	it("refuses another owner, amount, account, length or place than was deposited, and what does not exist yet", async () => {
		await freeze();
		await refused(give(1, Encoding.deposit(2, owners[2], 70 * USDC)), "WrongProof");
		await refused(give(1, Encoding.deposit(2, owners[1], 71 * USDC)), "WrongProof");
		await refused(give(1, Encoding.deposit(3, owners[1], 70 * USDC)), "WrongProof");
		await refused(give(1, Uint8Array.of(...payloads[1], 0)), "WrongProof");
		await refused(give(3, payloads[1]), "WrongProof");
		await refused(give(4, payloads[3]), "WrongProof");
	});

	it("refuses a forced message whose payload reads like a deposit", async () => {
		const forged = Encoding.deposit(1, owners[2], 300 * USDC);
		await send(bridge.inbox, anybody, "force", [forged]);
		await freeze();
		await refused(give(4, forged), "WrongProof");
		await refused(give(2), "WrongProof");
	});

	it("pays each deposit in full to the owner in it, once, whoever asks", async () => {
		await freeze();
		for (const [index, owner, amount] of [
			[1, owners[1], 70 * USDC],
			[3, owners[0], 30 * USDC],
		] as const) {
			const returned = eventOf(hatch, await give(index), "DepositReturned");
			assert.equal(Number(returned.amount), amount);
			assert.equal(await balanceOf(owner), amount);
			await refused(give(index), "AlreadyReturned", [BigInt(index)]);
		}
		assert.equal(await balanceOf(await bridge.vault.getAddress()), HELD);
	});

	it("divides among the accounts what is left when they are paid, so that everybody is whole where the vault is", async () => {
		await freeze();
		await register();
		for (const index of [1, 3]) await give(index);
		await endRegistration();
		await send(hatch, anybody, "escape", [1]);
		assert.equal(await balanceOf(holder), HELD);
		assert.equal(await balanceOf(await bridge.vault.getAddress()), 0);
	});

	it("pays who comes late out of what registered claims leave, and never out of theirs", async () => {
		await freeze();
		await register();
		await endRegistration();
		await give(3);
		// Stands for a loss of the exchange's: the vault holds less than everybody is owed.
		const vault = await bridge.vault.getAddress();
		await bridge.drain(vault, 1);
		await refused(give(1), "PoolDivided", [BigInt(70 * USDC), BigInt(70 * USDC - 1)]);
		await send(hatch, anybody, "escape", [1]);
		assert.equal(await balanceOf(holder), HELD);
		await refused(give(1), "PoolDivided");
		await send(bridge.usdc, anybody, "mint", [vault, 1]);
		await give(1);
		assert.equal(await balanceOf(owners[1]), 70 * USDC);
	});
});
