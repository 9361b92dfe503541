// Gateways that a test makes: what each does with a message is the test's, and what was executed is shared, as a committee's order is.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import * as Keccak from "../../src/machine/math/Keccak.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { Connection, ConnectionError, Trader } from "../../src/sdk/index.ts";
import type { Acknowledgement } from "../../src/sdk/index.ts";
import { Code, RpcError } from "../../src/wire/RpcError.ts";
import { Server } from "../../src/wire/Server.ts";
import { SILENT } from "../executor/liveProcessParts.ts";

const PAYLOAD = Uint8Array.of(1, 2, 3);
const HASH = Bytes.toHex(Keccak.hash(PAYLOAD));
const never = new Promise<never>(() => undefined);

/** What a gateway does with a message: `ordered` is what the committee executed so far. */
type Conduct = (gateway: Gateway, ordered: Order) => Promise<Acknowledgement>;

class Order {
	readonly executed = new Map<string, Acknowledgement>();
	times = 0;

	/** The machine takes a nonce once. */
	execute(): Acknowledgement {
		this.times += 1;
		const ack = { sequence: this.times, message_hash: HASH, result: this.executed.has(HASH) ? "NonceUsed" : "Rested" } as Acknowledgement;
		if (!this.executed.has(HASH)) this.executed.set(HASH, ack);
		return ack;
	}
}

class Gateway {
	readonly server = new Server({ host: "127.0.0.1", port: 0, log: SILENT, pages: async () => undefined });
	url = "";
	submitted = 0;

	async start(conduct: Conduct, order: Order): Promise<this> {
		this.url = await this.server.listen(async (method, params) => {
			if (method === "public/get_domain") return { domain: {} };
			if (method === "public/get_account") return { nonce_floor: 0 };
			if (method === "public/subscribe") return (params as { channels: string[] }).channels;
			if (method === "public/where") return this.url;
			if (method === "public/submit") {
				this.submitted += 1;
				return conduct(this, order);
			}
			const known = order.executed.get((params as { message_hash: string }).message_hash);
			if (method === "public/get_receipt" && known) return known;
			throw new RpcError(Code.NotFound, "none");
		});
		return this;
	}
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
	for (const one of open.splice(0)) await one.close();
});

async function given(...conducts: Conduct[]) {
	const order = new Order();
	const gateways: Gateway[] = [];
	for (const conduct of conducts) gateways.push(await new Gateway().start(conduct, order));
	open.push(...gateways.map(({ server }) => server));
	const connection = await Connection.open(gateways.map(({ url }) => url));
	open.push({ close: () => connection.close() });
	const signer = { getAddress: async () => "0x", signTypedData: async () => "0x" };
	return { order, gateways, connection, trader: await Trader.open(connection, signer, 1) };
}

const honest: Conduct = async (_, order) => order.execute();
const dies: Conduct = async (gateway) => {
	void gateway.server.close();
	return never;
};

describe("given several gateways and one that fails under a trader", () => {
	it("is told by the next gateway of what the first had ordered, and does not send it again", async () => {
		const { order, gateways, trader } = await given(async (gateway) => {
			order.execute();
			void gateway.server.close();
			return never;
		}, honest);
		const ack = await trader.submit(PAYLOAD);
		assert.equal(ack.result, "Rested");
		assert.equal(order.times, 1);
		assert.equal(gateways[1].submitted, 0);
	});

	it("sends it to the next gateway when nobody knows of it", async () => {
		const { order, gateways, trader } = await given(dies, dies, honest);
		assert.equal((await trader.submit(PAYLOAD)).result, "Rested");
		assert.deepEqual(
			gateways.map(({ submitted }) => submitted),
			[1, 1, 1],
		);
		assert.equal(order.times, 1);
	});

	it("gives the first one's outcome when it came through while the second was on its way", async () => {
		const { order, trader } = await given(dies, async (_, ordered) => {
			ordered.execute();
			return ordered.execute();
		});
		assert.equal((await trader.submit(PAYLOAD)).result, "Rested");
		assert.equal(order.times, 2, "the machine refused the second");
	});

	it("leaves a gateway that says it cannot tell, that stops, or that fails, and takes a refusal of the message for what it is", async () => {
		for (const error of [
			new RpcError(Code.Undecided, "?"),
			new RpcError(Code.NotTaken, "stopping", { reason: "stopped" }),
			new RpcError(Code.NotTaken, "you are not served", { reason: "silenced" }),
			new Error("a fault of ours"),
		]) {
			const { trader } = await given(async () => Promise.reject(error), honest);
			assert.equal((await trader.submit(PAYLOAD)).result, "Rested");
		}
		const { trader, gateways } = await given(
			async () => Promise.reject(new RpcError(Code.NotTaken, "bad", { reason: "bad_signature" })),
			honest,
		);
		await assert.rejects(trader.submit(PAYLOAD), { code: Code.NotTaken });
		assert.equal(gateways[1].submitted, 0);
	});

	it("says that the outcome is open when every gateway fails", async () => {
		const { trader } = await given(dies, dies);
		await assert.rejects(trader.submit(PAYLOAD), (error) => error instanceof ConnectionError && error.code === 0);
	});

	it("asks questions again at the next gateway, also those that were under way, and leaves one that does not answer in time", async () => {
		const { connection, gateways } = await given(honest, () => never, honest);
		assert.equal(await connection.call("public/where"), gateways[0].url);
		await gateways[0].server.close();
		assert.equal(await connection.call("public/where"), gateways[1].url);
		await assert.rejects(connection.call("public/submit", {}, 20), { code: 0 });
		await Promise.all([connection.move(), connection.move()]);
		assert.equal(await connection.call("public/where"), gateways[2].url);
	});

	it("ends, and says so once, only when none is left", async () => {
		const { connection, gateways } = await given(honest, honest);
		let ends = 0;
		connection.onClose(() => ends++);
		await gateways[0].server.close();
		assert.equal(await connection.call("public/where"), gateways[1].url);
		assert.equal(ends, 0);
		await gateways[1].server.close();
		await assert.rejects(connection.call("public/where"), { code: 0 });
		assert.equal(ends, 1);
	});
});
