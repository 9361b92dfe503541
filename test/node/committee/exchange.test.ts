import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Cluster } from "../../../scripts/dev/committee/Cluster.ts";
import { L1InboxReader } from "../../../src/chain/L1InboxReader.ts";
import { PLACES, testWallet } from "../../../src/chain/TestKeys.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";
import { Connection, Trader } from "../../../src/sdk/index.ts";
import { seriesOf } from "../../../src/wire/Names.ts";
import type { Answer } from "../../../src/wire/schema.ts";
import { blobsAt } from "../../chain/l1.ts";

const SKIP = Engine.isBuilt() ? false : "CometBFT is not built here: run `npm run comet:build`, which needs Go.";
const MEMBERS = [0, 1, 2, 3];

describe("given an exchange that four members order, each a process with an engine of its own", { skip: SKIP }, () => {
	const directory = mkdtempSync(join(tmpdir(), "sp-exchange-"));
	const wallet = testWallet(PLACES.traders);
	let cluster: Cluster;
	let account: number;
	let series: number;
	before(async () => {
		cluster = await Cluster.start({ validators: 4, directory, wallets: [PLACES.traders], strikes: 1, turnSeconds: 2 });
		account = await cluster.bridge.fund(wallet.connect(cluster.provider), 1_000_000_000n);
		await cluster.until("listings with prices", async () => {
			const tickers = await cluster.call<{ instrument_name: string; mark_price: string | null }[]>(0, "public/get_tickers", {
				currency: "ETH",
			});
			series = seriesOf(tickers.find(({ mark_price }) => Number(mark_price) > 10)?.instrument_name ?? "") ?? 0;
			return series > 0;
		});
		await cluster.until(
			"the deposit",
			async () => (await cluster.call<number[]>(3, "public/get_accounts_of", { owner: wallet.address })).length > 0,
		);
	});
	after(async () => {
		await cluster?.end();
		rmSync(directory, { recursive: true, force: true });
	});

	/** Sends an order to a member's gateway. */
	async function order(member: number): Promise<{ order: number; sequence: number }> {
		const connection = await Connection.open(cluster.api(member).replace("http", "ws"));
		try {
			const ack = await (await Trader.open(connection, wallet, account)).place({ series, side: 0, price: 1, size: 1 });
			assert.equal(ack.final, "Rested");
			return ack;
		} finally {
			connection.close();
		}
	}

	const stateAt = async (member: number, number: number): Promise<string> =>
		(await cluster.call<{ state: string }>(member, "private/get_order_state", { account, order: number })).state;

	it("takes an order at any gateway, and every member has executed it a moment later", async () => {
		for (const gateway of MEMBERS) {
			const { order: number } = await order(gateway);
			for (const member of MEMBERS)
				await cluster.until(`member ${member} to know the order`, async () => (await stateAt(member, number)) === "open", 20);
		}
	});

	it("agrees on the state: more than two thirds sign one root for a height", async () => {
		await cluster.until("checkpoints", async () => {
			const seen = await Promise.all(MEMBERS.map((member) => cluster.committee(member)));
			return seen.every(({ checkpoint_height, height }) => checkpoint_height > 0 && checkpoint_height >= height - 5);
		});
		const roots = new Map<number, string>();
		for (let i = 0; i < 20; i++)
			for (const member of MEMBERS) {
				const { checkpoint_height, checkpoint_root } = await cluster.committee(member);
				assert.equal(roots.get(checkpoint_height) ?? checkpoint_root, checkpoint_root);
				roots.set(checkpoint_height, String(checkpoint_root));
			}
	});

	it("posts the batches that more than two thirds certified, and what L1 gives is what was executed", async () => {
		const { sequence } = await order(1);
		for (const member of MEMBERS)
			await cluster.until(`member ${member} to derive the order from L1`, async () => {
				const { rung } = await cluster.call<Answer<"public/get_finality">>(member, "public/get_finality", { sequence });
				return rung !== "ordered";
			});
		assert.ok(
			(await new L1InboxReader(
				cluster.provider,
				cluster.deployment,
				blobsAt(...MEMBERS.map((member) => cluster.api(member))),
			).batchCount()) > 0,
		);
		for (const member of MEMBERS) {
			const status = await cluster.call<{ batches_agreed: number }>(member, "public/get_status");
			assert.ok(status.batches_agreed > 0);
		}
	});

	it("shows who is missing when a member is killed, goes on, and counts it again when it is back", async () => {
		await cluster.stop("member/3", "SIGKILL");
		await cluster.until("the others to miss it", async () => (await cluster.committee(0)).quorum_slack === 0, 30);
		const { members, power_missing, power_total } = await cluster.committee(0);
		assert.equal(members.filter(({ state }) => state === "missing").length, 1);
		assert.equal(power_total, 4 * Number(power_missing));
		const { vitals } = await cluster.call<Answer<"public/get_vitals">>(0, "public/get_vitals");
		assert.equal(vitals.find(({ name }) => name === "quorum_slack")?.state, "warn");
		const { order: number } = await order(0);
		cluster.run("member/3");
		await cluster.until("it to catch up", async () => (await stateAt(3, number)) === "open");
		await cluster.until("it to vote again", async () => (await cluster.committee(0)).quorum_slack === 1);
	});

	it("executes every order once, and answers every one, while the gateways under a trader are killed one after the other", async () => {
		const connection = await Connection.open(MEMBERS.map((member) => cluster.api(member).replace("http", "ws")));
		const trader = await Trader.open(connection, wallet, account);
		const killed = MEMBERS.slice(0, 3).map(async (member) => {
			await pause(4_000 + 15_000 * member);
			await cluster.stop(`member/${member}`, "SIGKILL");
			await pause(1_000);
			cluster.run(`member/${member}`);
			await cluster.until(`member ${member} to vote again`, async () => (await cluster.committee(3)).quorum_slack === 1);
		});
		const acks: { order: number; sequence: number; final: string }[] = [];
		let isOver = false;
		const sending = (async () => {
			while (!isOver) {
				acks.push(await trader.place({ series, side: 0, price: 1, size: 1 }));
				await trader.cancel(series, 0, acks[acks.length - 1].order);
				await pause(20);
			}
		})();
		await Promise.all(killed);
		isOver = true;
		await sending;
		connection.close();
		assert.notEqual(acks.length, 0);
		assert.deepEqual(
			acks.filter(({ final }) => final !== "Rested"),
			[],
		);
		assert.equal(new Set(acks.map(({ sequence }) => sequence)).size, acks.length);
		for (const member of MEMBERS)
			await cluster.until(
				`member ${member} to have the last order`,
				async () => (await stateAt(member, acks[acks.length - 1].order)) === "cancelled",
			);
	});
});
