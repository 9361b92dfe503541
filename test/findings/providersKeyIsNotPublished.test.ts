import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Connection } from "../../src/sdk/index.ts";
import { World } from "../node/world.ts";

// The API told everybody the whole address of the operator's L1 node, in which providers put their customers' keys.
describe("given a node whose L1 endpoint has a customer's key in its address", () => {
	let world: World;
	before(async () => {
		world = await World.start([], { l1Url: "https://name:secret@l1.example:8545/v3/secret-of-the-customer?token=secret" });
	});
	after(() => world.close());

	it("names the host to who asks for the domain, and nothing behind it", async () => {
		const connection = await Connection.open(world.exchange.url);
		const { l1 } = await connection.call<{ l1: string }>("public/get_domain");
		assert.equal(l1, "https://l1.example:8545");
		connection.close();
	});
});
