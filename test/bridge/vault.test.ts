import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { MaxUint256, Signature, ZeroAddress, ZeroHash, hexlify, toBeHex, toQuantity } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { MAX_CASH } from "../../src/machine/Constants.ts";
import { DEPOSIT } from "../../src/machine/types/Machine.ts";
import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Merkle from "../../src/machine/math/Merkle.ts";
import { Tree } from "../../src/machine/state/Tree.ts";
import * as Withdrawal from "../../src/protocol/Withdrawal.ts";
import { eventOf, refuses, send } from "../chain/l1.ts";
import { Bridge } from "./bridge.ts";

describe("given a vault", () => {
	let bridge: Bridge;
	let usdc: Contract;
	let vault: Contract;
	let payer: HDNodeWallet;
	let owner: HDNodeWallet;
	before(async () => {
		bridge = await Bridge.deploy([]);
		({ usdc, vault } = bridge);
		payer = await bridge.l1.wallet(2);
		owner = await bridge.l1.wallet(3);
		await send(usdc, payer, "mint", [payer.address, 10n ** 15n]);
	});
	after(() => bridge.close());
	const balanceOf = (who: string): Promise<bigint> => usdc.getFunction("balanceOf")(who) as Promise<bigint>;

	it("refuses deposits of nothing, for nobody, and without an allowance, and opens no account for them", async () => {
		await refuses(send(vault, payer, "deposit", [owner.address, 0, 0]), vault.interface, "ZeroAmount");
		await refuses(send(vault, payer, "deposit", [ZeroAddress, 0, 1]), vault.interface, "ZeroOwner");
		await refuses(send(vault, payer, "deposit", [owner.address, 0, 1]), usdc.interface, "ERC20InsufficientAllowance");
		assert.equal(await vault.getFunction("accountCount")(), 0n);
		assert.equal(await bridge.inbox.getFunction("count")(), 0n);
	});

	it("pays for nobody but the outbox and the escape hatch", async () => {
		await refuses(send(vault, payer, "pay", [payer.address, 1]), vault.interface, "OnlyBridge", [payer.address]);
	});

	it("opens an account at an owner's first deposit and tells the machine, as the other twin writes it", async () => {
		await send(usdc, payer, "approve", [await vault.getAddress(), MaxUint256]);
		const receipt = await send(vault, payer, "deposit", [owner.address, 0, 500]);
		assert.equal(eventOf(vault, receipt, "AccountOpened").account, 1n);
		const message = eventOf(bridge.inbox, receipt, "MessageDelivered");
		assert.equal(message.kind, BigInt(DEPOSIT));
		assert.equal(message.payload, hexlify(Encoding.deposit(1, owner.address.toLowerCase(), 500)));
		assert.equal(await balanceOf(await vault.getAddress()), 500n);
	});

	it("adds to the same account, and opens another for another owner or subaccount", async () => {
		await send(vault, payer, "deposit", [owner.address, 0, 1]);
		assert.equal(await vault.getFunction("accountCount")(), 1n);
		await send(vault, payer, "deposit", [owner.address, 1, 1]);
		await send(vault, payer, "deposit", [payer.address, 0, 1]);
		assert.equal(await vault.getFunction("accountOf")(owner.address, 1), 2n);
		assert.equal(await vault.getFunction("accountOf")(payer.address, 0), 3n);
	});

	it("takes a deposit with a permit, even when somebody used the permit first", async () => {
		const giver = await bridge.l1.wallet(4);
		await send(usdc, giver, "mint", [giver.address, 100]);
		const spender = await vault.getAddress();
		const domain = { name: "USD Coin (mock)", version: "1", chainId: 31337, verifyingContract: await usdc.getAddress() };
		const fields = ["owner address", "spender address", "value uint256", "nonce uint256", "deadline uint256"];
		const Permit = fields.map((field) => ({ name: field.split(" ")[0], type: field.split(" ")[1] }));
		const signed = { owner: giver.address, spender, value: 100, nonce: 0, deadline: MaxUint256 };
		const { v, r, s } = Signature.from(await giver.signTypedData(domain, { Permit }, signed));
		const wrong = send(vault, giver, "depositWithPermit", [giver.address, 0, 100, MaxUint256, v, s, r]);
		await refuses(wrong, usdc.interface, "ERC20InsufficientAllowance");
		await send(usdc, payer, "permit", [giver.address, spender, 100, MaxUint256, v, r, s]);
		await send(vault, giver, "depositWithPermit", [giver.address, 0, 100, MaxUint256, v, r, s]);
		assert.equal(await balanceOf(giver.address), 0n);
	});

	it("refuses what would lift all deposits above what the machine's sums can hold", async () => {
		const before = BigInt(await vault.getFunction("totalDeposited")());
		const room = BigInt(MAX_CASH) - before;
		await send(usdc, payer, "mint", [payer.address, room + 1n]);
		const tooMuch = send(vault, payer, "deposit", [owner.address, 0, room + 1n]);
		await refuses(tooMuch, vault.interface, "CapReached", [BigInt(MAX_CASH) + 1n, BigInt(MAX_CASH)]);
		await send(vault, payer, "deposit", [owner.address, 0, room]);
		await refuses(send(vault, payer, "deposit", [owner.address, 0, 1]), vault.interface, "CapReached");
	});

	it("opens as many accounts as a message can name, and not one more", async () => {
		const { chain } = bridge.l1;
		const snapshot = await chain.snapshot();
		const address = await vault.getAddress();
		const most = 2n ** 24n - 1n;
		const count = (await vault.getFunction("accountCount")()) as bigint;
		let slot = 0;
		while ((BigInt(await chain.provider.getStorage(address, slot)) & 0xffffffffn) !== count) slot += 1;
		// The sum of all deposits stands beside it, and starts from 0 here: what was deposited above leaves no room.
		await chain.provider.send("hardhat_setStorageAt", [address, toQuantity(slot), toBeHex(most - 1n, 32)]);
		await send(usdc, payer, "mint", [payer.address, 2]);
		const last = await send(vault, payer, "deposit", [owner.address, 77, 1]);
		assert.equal(eventOf(vault, last, "AccountOpened").account, most);
		await refuses(send(vault, payer, "deposit", [owner.address, 78, 1]), vault.interface, "TooManyAccounts");
		await send(vault, payer, "deposit", [owner.address, 77, 1]);
		await chain.revert(snapshot);
	});

	describe("when a root with three withdrawals is confirmed", () => {
		const amounts = [40, 0, 7];
		const recipients = [5, 6, 7];
		let tree: Tree;
		let root: string;
		let wallets: HDNodeWallet[];
		let outbox: Contract;
		type Claim = {
			root?: string;
			index: number;
			account?: number;
			recipient?: string;
			amount?: number;
			proof?: readonly (string | Uint8Array)[];
		};
		const claim = ({ index, ...change }: Claim): ReturnType<typeof send> =>
			send(outbox, payer, "claim", [
				change.root ?? root,
				index,
				change.account ?? index + 1,
				change.recipient ?? wallets[index % 3].address,
				change.amount ?? amounts[index % 3],
				change.proof ?? tree.siblings(index),
			]);
		before(async () => {
			({ outbox } = bridge);
			wallets = await Promise.all(recipients.map((place) => bridge.l1.wallet(place)));
			tree = new Tree(Withdrawal.DEPTH);
			for (const [i, { address }] of wallets.entries()) tree.set(i, Withdrawal.leaf(i, i + 1, address.toLowerCase(), amounts[i]));
			root = hexlify(tree.root);
		});

		it("accepts roots from the assertion chain alone, and pays under no other", async () => {
			const call = send(outbox, payer, "acceptRoot", [root]);
			await refuses(call, outbox.interface, "OnlyAssertionChain", [payer.address]);
			await refuses(claim({ index: 0 }), outbox.interface, "UnknownRoot", [root]);
			await send(outbox, bridge.assertionChainKey, "acceptRoot", [root]);
		});

		it("never pays under the root of an empty outbox", async () => {
			await send(outbox, bridge.assertionChainKey, "acceptRoot", [ZeroHash]);
			const empty = claim({ index: 0, root: ZeroHash, proof: Array.from({ length: 24 }, () => ZeroHash) });
			await refuses(empty, outbox.interface, "UnknownRoot", [ZeroHash]);
		});

		it("refuses another amount, account, recipient or place than was proven", async () => {
			for (const change of [{ amount: 41 }, { account: 9 }, { recipient: payer.address }, { proof: tree.siblings(1) }]) {
				await refuses(claim({ index: 0, ...change }), outbox.interface, "WrongProof");
			}
			await refuses(
				claim({ index: 2 ** 24, account: 1, recipient: wallets[0].address, amount: 40, proof: tree.siblings(0) }),
				outbox.interface,
				"WrongProof",
			);
			await refuses(claim({ index: 0, proof: tree.siblings(0).slice(0, 23) }), outbox.interface, "WrongProof");
			await refuses(claim({ index: 0, proof: [...tree.siblings(0), Merkle.ZERO] }), outbox.interface, "WrongProof");
		});

		it("pays once, whoever asks", async () => {
			await claim({ index: 0 });
			assert.equal(await balanceOf(wallets[0].address), 40n);
			assert.equal(await outbox.getFunction("isClaimed")(0), true);
			await refuses(claim({ index: 0 }), outbox.interface, "AlreadyClaimed", [0n]);
			await refuses(send(outbox, wallets[0], "transferClaim", [0, wallets[0].address, payer.address]), outbox.interface, "AlreadyClaimed");
		});

		it("pays who bought a claim, who alone may sell it on", async () => {
			const [, buyer, seller] = wallets;
			await refuses(send(outbox, buyer, "transferClaim", [2, seller.address, buyer.address]), outbox.interface, "NotPayee");
			await send(outbox, seller, "transferClaim", [2, seller.address, buyer.address]);
			await refuses(send(outbox, seller, "transferClaim", [2, seller.address, seller.address]), outbox.interface, "NotPayee", [
				seller.address,
				buyer.address,
			]);
			// A stranger's claim on the same place names another recipient, and moves nothing.
			await send(outbox, payer, "transferClaim", [2, payer.address, payer.address]);
			await claim({ index: 2 });
			assert.equal(await balanceOf(buyer.address), 7n);
			assert.equal(await balanceOf(seller.address), 0n);
		});
	});
});
