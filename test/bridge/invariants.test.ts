// STRIKEPROOF_PROGRAMS=100 STRIKEPROOF_SEED=7 plays more of them than the few of every run.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { concat, keccak256, toBeHex } from "ethers";
import { Program } from "./Program.ts";

const SEED = Number(process.env.STRIKEPROOF_SEED ?? 1);
const PROGRAMS = Number(process.env.STRIKEPROOF_PROGRAMS ?? 4);
const CALLS = 90;
/** The bits of the first 256 withdrawals: the first word of a bitmap in slot 2. */
const CLAIMED = keccak256(concat([toBeHex(0, 32), toBeHex(2, 32)]));
/** What a run reaches at least, over all its programs. */
const REACHED = ["deposit", "claim", "transfer", "report", "freeze", "price", "register", "escape", "return"];

describe(`given ${PROGRAMS} random programs at vault, outbox, oracle and escape hatch, from seed ${SEED}`, () => {
	const done = new Set<string>();
	const refused = new Set<string>();
	const open: Program[] = [];
	after(async () => {
		for (const program of open) await program.bridge.close();
	});
	async function begin(seed: number): Promise<Program> {
		const program = await Program.begin(seed);
		open.push(program);
		return program;
	}

	for (let seed = SEED; seed < SEED + PROGRAMS; seed++) {
		it(`does what the model does, keeps every invariant after every call, and pays everybody in the end: seed ${seed}`, async () => {
			const program = await begin(seed);
			for (let i = 0; i < CALLS; i++) await program.step();
			await program.finish();
			for (const name of program.done.keys()) done.add(name);
			for (const name of program.refused.keys()) refused.add(name);
		});
	}

	it("made every kind of call that matters, and was refused every kind", () => {
		assert.deepEqual(
			REACHED.filter((name) => !done.has(name)),
			[],
		);
		assert.deepEqual(
			REACHED.filter((name) => !refused.has(name)),
			[],
		);
	});

	describe("and a contract that is tampered with", () => {
		async function played(): Promise<Program> {
			const program = await begin(SEED);
			for (let i = 0; i < CALLS / 3; i++) await program.step();
			return program;
		}

		it("finds a single unit that left the vault", async () => {
			const program = await played();
			await program.bridge.drain(await program.bridge.vault.getAddress(), 1);
			await assert.rejects(program.check(), /the vault holds what came in/);
		});

		it("finds a bridge that forgets whom it paid", async () => {
			const program = await played();
			const { l1, outbox } = program.bridge;
			// Each step, the bits of all that is claimed are gone again.
			const forgets = async (): Promise<void> => {
				const address = await outbox.getAddress();
				await l1.chain.provider.send("hardhat_setStorageAt", [address, CLAIMED, toBeHex(0, 32)]);
			};
			await assert.rejects(async () => {
				for (let i = 0; i < 10 * CALLS; i++) {
					await forgets();
					await program.step();
				}
			}, /refused by AlreadyClaimed/);
		});
	});
});
