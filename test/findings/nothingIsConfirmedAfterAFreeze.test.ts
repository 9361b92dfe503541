// The escape pays every account by the state of the freeze. An assertion that was confirmed after it once still made its withdrawals payable: who had asked for his money
// before the freeze was paid by the outbox and, for the same money, by the escape hatch.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hexlify } from "ethers";
import type { HDNodeWallet } from "ethers";
import * as Kinds from "../../src/machine/state/Kinds.ts";
import { Tree } from "../../src/machine/state/Tree.ts";
import * as Accounts from "../../src/machine/types/Account.ts";
import * as Withdrawal from "../../src/protocol/Withdrawal.ts";
import { testWallet } from "../../src/chain/TestKeys.ts";
import { Bridge, DEAD_AFTER_BLOCKS } from "../bridge/bridge.ts";
import { refuses, send } from "../chain/l1.ts";

const CASH = 50;
const owner = testWallet(30).address.toLowerCase();

describe("given an account of a frozen state whose withdrawal is confirmed after the freeze", () => {
	let bridge: Bridge;
	let anybody: HDNodeWallet;
	const tree = new Tree(Withdrawal.DEPTH);
	before(async () => {
		bridge = await Bridge.deploy([{ ...Accounts.empty(), owner, cash: CASH }]);
		anybody = await bridge.l1.wallet(2);
		await send(bridge.usdc, anybody, "mint", [await bridge.vault.getAddress(), 2 * CASH]);
		await bridge.l1.chain.mine(DEAD_AFTER_BLOCKS + 1);
		await send(bridge.hatch, anybody, "freeze", [hexlify(bridge.finalState)]);
		tree.set(0, Withdrawal.leaf(0, 1, owner, CASH));
	});
	after(() => bridge.close());

	it("lets the assertion be confirmed, so that bonds come back, and pays the money once", async () => {
		const root = hexlify(tree.root);
		await send(bridge.outbox, bridge.assertionChainKey, "acceptRoot", [root]);
		const claim = send(bridge.outbox, anybody, "claim", [root, 0, 1, owner, CASH, tree.siblings(0)]);
		await refuses(claim, bridge.outbox.interface, "UnknownRoot", [root]);
		const proof = [bridge.forest.siblings(Kinds.ACCOUNTS, 1), bridge.forest.kindRoots()];
		await send(bridge.hatch, anybody, "register", [1, bridge.cells[0], ...proof]);
		await bridge.l1.at(Number(await bridge.hatch.getFunction("registrationEndsAt")()));
		await send(bridge.hatch, anybody, "escape", [1]);
		assert.equal(await bridge.usdc.getFunction("balanceOf")(owner), BigInt(CASH));
	});
});
