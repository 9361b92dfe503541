import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Cluster } from "../../../scripts/dev/committee/Cluster.ts";
import { OracleChain } from "../../../src/chain/OracleChain.ts";
import { memberPlace, testWallet } from "../../../src/chain/TestKeys.ts";
import { EXPIRY_SECOND_OF_DAY, SECONDS_PER_DAY, SETTLEMENT_WINDOW_SECONDS } from "../../../src/machine/Constants.ts";
import * as Engine from "../../../src/ordering/comet/Engine.ts";

const SKIP = Engine.isBuilt() ? false : "CometBFT is not built here: run `npm run comet:build`, which needs Go.";
const MEMBERS = [0, 1, 2, 3];
const STEP_SECONDS = 60;

type Instrument = { readonly expiration_timestamp: number };
type Delivery = { readonly expiration_timestamp: number; readonly delivery_price: string };

describe("given a committee whose members each bring the reporters together", { skip: SKIP }, () => {
	const directory = mkdtempSync(join(tmpdir(), "sp-settle-"));
	let cluster: Cluster;
	let oracle: OracleChain;
	before(async () => {
		cluster = await Cluster.start({ validators: 4, directory, strikes: 1, turnSeconds: 2 });
		oracle = new OracleChain(cluster.provider, cluster.deployment);
	});
	after(async () => {
		await cluster?.end();
		rmSync(directory, { recursive: true, force: true });
	});

	async function moveTo(time: number): Promise<void> {
		const head = await cluster.provider.getBlock("latest");
		if (head && head.timestamp >= time) return;
		await cluster.provider.send("evm_setNextBlockTimestamp", [`0x${time.toString(16)}`]);
		await cluster.provider.send("evm_mine", []);
	}

	/** Time goes on a minute at a time, each when prices are there: so the window has prices of every minute when a member is killed in it. */
	async function walkTo(time: number, member: number): Promise<void> {
		for (;;) {
			const { timestamp } = (await cluster.provider.getBlock("latest")) as { timestamp: number };
			if (timestamp >= time) return;
			const next = Math.min(time, timestamp + STEP_SECONDS);
			await moveTo(next);
			await cluster.until(`prices ${time - next} s before`, async () => (await priceTime(member)) >= next - STEP_SECONDS);
		}
	}

	const instruments = (member: number): Promise<Instrument[]> =>
		cluster.call<Instrument[]>(member, "public/get_instruments", { currency: "ETH" });

	/** Time of the last price of a member's machine. */
	async function priceTime(member: number): Promise<number> {
		const { timestamp } = await cluster.call<{ timestamp: number }>(member, "public/get_index_price", { currency: "ETH" });
		return timestamp;
	}

	it("fixes on L1 the price at which the machine settles, though the member that tells L1 is killed in the window and comes back", async () => {
		await cluster.until("listings", async () => (await instruments(1)).length > 0);
		await cluster.until("a first price", async () => (await priceTime(1)) > 0);
		const expiry = Math.min(...(await instruments(1)).map(({ expiration_timestamp }) => expiration_timestamp));
		const day = Math.floor((expiry - EXPIRY_SECOND_OF_DAY) / SECONDS_PER_DAY);
		const windowTime = expiry - SETTLEMENT_WINDOW_SECONDS;
		await moveTo(windowTime - 90);
		await cluster.until("prices before the window", async () => (await priceTime(1)) >= windowTime - 100);
		await walkTo(windowTime + 300, 1);
		await cluster.until("prices inside the window", async () => (await priceTime(1)) >= windowTime + 240);
		await cluster.until("L1 to hear of the window", async () => (await oracle.lastTime(0)) >= windowTime);
		const [first] = cluster.roster.members.map(({ address }) => address).sort();
		const sender = MEMBERS.find((member) => testWallet(memberPlace(member, "sequencer")).address.toLowerCase() === first) as number;
		const other = MEMBERS.find((member) => member !== sender) as number;
		await cluster.stop(`member/${sender}`, "SIGKILL");
		await walkTo(expiry - 600, other);
		await cluster.until("prices without it", async () => (await priceTime(other)) >= expiry - 660);
		await cluster.until("L1 to hear of them", async () => (await oracle.lastTime(0)) >= expiry - 660);
		cluster.run(`member/${sender}`);
		await cluster.until("it to vote again", async () => (await cluster.committee(other)).quorum_slack === 1);
		await walkTo(expiry + 15, other);
		const settled = async (member: number): Promise<bigint> => {
			const prices = await cluster.call<Delivery[]>(member, "public/get_delivery_prices", { currency: "ETH" });
			const price = prices.find(({ expiration_timestamp }) => expiration_timestamp === expiry)?.delivery_price;
			return price === undefined ? 0n : BigInt(Math.round(Number(price) * 1e6));
		};
		for (const member of MEMBERS) await cluster.until(`member ${member} to settle`, async () => (await settled(member)) > 0n, 300);
		await cluster.until("L1 to fix the price", async () => (await cluster.bridge.settlementPrice(0, day)) > 0n, 300);
		const fixed = await cluster.bridge.settlementPrice(0, day);
		for (const member of MEMBERS) assert.equal(await settled(member), fixed);
	});
});
