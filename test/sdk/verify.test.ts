import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Contract, JsonRpcProvider } from "ethers";
import type { TransactionResponse } from "ethers";
import * as Artifacts from "../../src/chain/Artifacts.ts";
import { Staking } from "../../src/chain/Staking.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import { Connection, LightClient, Trader, VerificationError, typedData, verify } from "../../src/sdk/index.ts";
import type { AccountProof, Acknowledgement, Trusted, VerificationCode } from "../../src/sdk/index.ts";
import type { Answer } from "../../src/wire/schema.ts";
import { World } from "../node/world.ts";

type OrderProof = Answer<"public/get_order_proof">;

const PLACE = 60;

describe("given a node that may lie, and L1", () => {
	let world: World;
	let connection: Connection;
	let trader: Trader;
	let client: LightClient;
	let trusted: Trusted;
	let payload: Uint8Array;
	let acknowledgement: Acknowledgement;
	let batch = 0;
	let proof: AccountProof;

	before(async () => {
		world = await World.start([PLACE]);
		await world.listed();
		const account = await world.bridge.fund(testWallet(PLACE), 5_000_000_000n);
		await world.until("the deposit", () => world.exchange.live.queries.accounts().length > 1);
		connection = await Connection.open(world.exchange.url);
		trader = await Trader.open(connection, testWallet(PLACE), account);
		trusted = world.deployment;
		client = new LightClient(world.chain.provider, trusted, [world.exchange.url]);
		const { series } = world.exchange.live.queries.instruments()[1];
		payload = await trader.encodeOrder({ series, side: 0, price: 5, size: 10 });
		acknowledgement = await trader.submit(payload);
		world.exchange.proposer.start();
		world.exchange.challenger.start();
		await world.until("the record to be confirmed", async () => {
			await world.mine(3);
			const { rung, evidence } = world.exchange.finality.of(acknowledgement.sequence);
			batch = evidence.batch ?? -1;
			return rung === "confirmed";
		});
		proof = await connection.call<AccountProof>("public/get_account_proof", { account });
	});

	after(async () => {
		connection.close();
		await world.close();
	});

	function fails(code: VerificationCode, check: Promise<unknown>): Promise<void> {
		return assert.rejects(check, (error: unknown) => {
			assert.ok(error instanceof VerificationError, String(error));
			assert.equal(error.code, code, error.message);
			return true;
		});
	}

	/** The same hexadecimal text with one bit of one byte turned. */
	const bent = (text: string, at = text.length - 2): string =>
		text.slice(0, at) + (Number(`0x${text.slice(at, at + 2)}`) ^ 1).toString(16).padStart(2, "0") + text.slice(at + 2);

	it("finds nothing wrong with an honest node", async () => {
		const found = await verify(connection, world.chain.provider, trusted, { payload, acknowledgement, account: trader.account });
		assert.equal(found.receipt?.sequence, acknowledgement.sequence);
		assert.ok((found.receipt?.stake ?? 0n) > 0n);
		assert.equal(found.inclusion?.batch, batch);
		assert.equal(found.account?.account.cash, 5_000_000_000);
		assert.equal(found.account.account.owner, testWallet(PLACE).address.toLowerCase());
	});

	it("refuses a receipt for other bytes, a bent one, and one of somebody without stake", async () => {
		const other = payload.slice();
		other[10] ^= 1;
		await fails("RECEIPT_OF_ANOTHER_MESSAGE", client.receipt(other, acknowledgement));
		const wrong = { ...acknowledgement, sequence: acknowledgement.sequence + 1 };
		await fails("RECEIPT_NOT_SIGNED_BY_A_VALIDATOR", client.receipt(payload, wrong));
		await fails("RECEIPT_NOT_SIGNED_BY_A_VALIDATOR", client.receipt(payload, { ...acknowledgement, receipt: "0x1234" }));
		const { sequence, offset, message_hash, stream_hash, time } = acknowledgement;
		const domain = { name: "Strikeproof", version: "1", chainId: trusted.chainId, verifyingContract: trusted.contracts.SequencerInbox };
		const message = { sequence, offset, messageHash: message_hash, streamHash: stream_hash, time };
		const receipt = await testWallet(PLACE).signTypedData(domain, typedData.Receipt, message);
		await fails("RECEIPT_NOT_SIGNED_BY_A_VALIDATOR", client.receipt(payload, { ...acknowledgement, receipt }));
	});

	it("refuses a batch that is not there, and one that does not hold the message", async () => {
		await fails("BATCH_NOT_ON_L1", client.inclusion(payload, 9999));
		const never = payload.slice();
		never[20] ^= 1;
		await fails("MESSAGE_NOT_IN_BATCH", client.inclusion(never, batch));
		// Bytes inside a record are no record.
		await fails("MESSAGE_NOT_IN_BATCH", client.inclusion(payload.subarray(0, 40), batch));
	});

	it("refuses content that an L1 endpoint made up", async () => {
		const lying = new Proxy(world.chain.provider, {
			get(provider, name) {
				if (name === "getTransaction")
					return async (hash: string) => {
						const transaction = await provider.getTransaction(hash);
						return transaction && { data: bent(transaction.data, transaction.data.length - 600), value: 0n };
					};
				const value = Reflect.get(provider, name) as unknown;
				return typeof value === "function" ? (value.bind(provider) as unknown) : value;
			},
		});
		await fails("CONTENT_NOT_ON_L1", new LightClient(lying, trusted).inclusion(payload, batch));
	});

	it("refuses an account whose bytes, path, state or assertion is another", async () => {
		const { account } = trader;
		await fails("ACCOUNT_NOT_IN_STATE", client.account(account, { ...proof, cell: bent(proof.cell) }));
		await fails("ACCOUNT_NOT_IN_STATE", client.account(account, { ...proof, cell: "0x" }));
		await fails("ACCOUNT_NOT_IN_STATE", client.account(account + 1, proof));
		await fails("ACCOUNT_NOT_IN_STATE", client.account(account + 2 ** 24, proof));
		await fails("ACCOUNT_NOT_IN_STATE", client.account(account, { ...proof, siblings: [...proof.siblings, `0x${"00".repeat(32)}`] }));
		await fails("ACCOUNT_NOT_IN_STATE", client.account(account, { ...proof, siblings: proof.siblings.map((one) => bent(one)) }));
		await fails("ACCOUNT_NOT_IN_STATE", client.account(account, { ...proof, kind_roots: proof.kind_roots.map((one) => bent(one)) }));
		await fails("STATE_NOT_CONFIRMED", client.account(account, { ...proof, final_state: bent(proof.final_state) }));
		await fails("STATE_NOT_CONFIRMED", client.account(account, { ...proof, assertion: bent(proof.assertion) }));
		await fails("STATE_NOT_CONFIRMED", client.account(account, { ...proof, assertion: `0x${"00".repeat(32)}` }));
	});

	it("shows that an account does not exist, too", async () => {
		const absent = await connection.call<AccountProof>("public/get_account_proof", { account: 77 });
		const { account } = await client.account(77, absent);
		assert.deepEqual([account.cash, account.positions, Bytes.fromHex(absent.cell).length], [0, [], 0]);
	});

	it("refuses an endpoint of another chain", async () => {
		const elsewhere = new JsonRpcProvider(world.chain.url, 1, { staticNetwork: true });
		await fails("WRONG_CHAIN", new LightClient(elsewhere, trusted).receipt(payload, acknowledgement));
		elsewhere.destroy();
	});

	it("shows L1 what it confirmed where a receipt says, which takes the stake of who signed for another message, and of nobody else", async () => {
		const { sequence, offset, message_hash, stream_hash, time } = acknowledgement;
		await assert.rejects(connection.call("public/get_order_proof", { offset: offset + 1_000_000 }), /not confirmed on L1 yet/);
		const order = await connection.call<OrderProof>("public/get_order_proof", { offset });
		assert.equal(order.message_hash, message_hash);
		const inside = await connection.call<OrderProof>("public/get_order_proof", { offset: offset + 5 });
		assert.deepEqual([inside.message_hash, inside.step], [null, order.step]);
		const judge = testWallet(PLACE).connect(world.chain.provider);
		const evidence = new Contract(world.deployment.contracts.SlashingEvidence, Artifacts.of("SlashingEvidence").abi, judge).getFunction(
			"brokenReceipt",
		);
		const domain = { name: "Strikeproof", version: "1", chainId: trusted.chainId, verifyingContract: trusted.contracts.SequencerInbox };
		const argumentsOf = async (at: number, messageHash: string, proof: OrderProof): Promise<unknown[]> => {
			const receipt = { sequence, offset: at, messageHash, streamHash: stream_hash, time };
			const signature = await testWallet(PLACES.sequencer).signTypedData(domain, typedData.Receipt, receipt);
			return [receipt, signature, [proof.assertion, proof.game, proof.step, proof.path], proof.machine, proof.opening];
		};
		await assert.rejects(evidence.staticCall(...(await argumentsOf(offset, message_hash, order))), /NotConflicting/);
		await evidence.staticCall(...(await argumentsOf(offset + 5, message_hash, inside)));
		const sent = (await evidence(...(await argumentsOf(offset, `0x${"12".repeat(32)}`, order)))) as TransactionResponse;
		assert.equal((await sent.wait())?.status, 1);
		const stake = await new Staking(world.chain.provider, world.deployment).stakeOf(testWallet(PLACES.sequencer).address);
		assert.equal(stake.isSlashed, true);
	});
});
