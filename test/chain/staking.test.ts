import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { deploy } from "../../deploy/deploy.ts";
import type { Deployment } from "../../src/chain/Deployment.ts";
import * as EmbeddedChain from "../../src/chain/EmbeddedChain.ts";
import { EndpointPool } from "../../src/chain/EndpointPool.ts";
import { Staking } from "../../src/chain/Staking.ts";
import { PLACES, testParties, testWallet } from "../../src/chain/TestKeys.ts";
import { FaultyEndpoint } from "./FaultyEndpoint.ts";

/** Blocks that the endpoint gives logs of at once: fewer than any deployment is old. */
const MAX_RANGE = 100;

describe("given an endpoint that gives logs of few blocks at once", () => {
	let chain: EmbeddedChain.EmbeddedChain;
	let deployment: Deployment;
	let endpoint: FaultyEndpoint;
	let pool: EndpointPool;

	before(async () => {
		chain = await EmbeddedChain.start();
		deployment = await deploy(testWallet(PLACES.deployer).connect(chain.provider), { network: "embedded", ...testParties() });
		await chain.mine(3 * MAX_RANGE);
		endpoint = await FaultyEndpoint.start(chain.url, { maxRange: MAX_RANGE });
		pool = new EndpointPool([endpoint.url], 31_337);
	});
	after(async () => {
		pool.destroy();
		await endpoint.close();
		await chain.close();
	});

	it("tells who the members are, and reads what is new alone when it is asked again", async () => {
		const staking = new Staking(pool, deployment);
		const address = testWallet(PLACES.sequencer).address.toLowerCase();
		const members = [{ address, power: BigInt(deployment.parameters.validatorStake) }];
		assert.deepEqual(await Promise.all([staking.committee(), staking.committee()]), [members, members]);
		const asked = endpoint.count("eth_getLogs");
		assert.deepEqual(await staking.committee(), members);
		assert.equal(endpoint.count("eth_getLogs"), asked, "no block is new");
		await chain.mine(1);
		assert.deepEqual(await staking.committee(), members);
		assert.equal(endpoint.count("eth_getLogs"), asked + 1);
	});
});
