// Random programs against the registry, compared after every call with a model that keeps every epoch's committee as a list.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ZeroHash, concat } from "ethers";
import type { Contract, HDNodeWallet } from "ethers";
import { Random } from "../../src/market/Random.ts";
import { L1, send } from "../chain/l1.ts";

const SEED = Number(process.env.STRIKEPROOF_SEED ?? 20_261_124);
const CALLS = 320;
const UNBONDING = 250;
const EPOCH = 300;
const STAKE = 1000n;
const MEMBER = 2;

type Account = {
	standing: number;
	staked: bigint;
	leaving: bigint;
	leavesAt: number;
	isSlashed: boolean;
	power: bigint;
	nextPower: bigint;
};

describe(`given a registry and a random program of seed ${SEED}`, () => {
	let l1: L1;
	let registry: Contract;
	let wallets: HDNodeWallet[];
	let evidence: HDNodeWallet;
	let governor: HDNodeWallet;

	before(async () => {
		l1 = await L1.start();
		[evidence, governor, ...wallets] = await Promise.all([1, 2, 3, 4, 5, 6].map((place) => l1.wallet(place)));
		const committee = wallets.slice(0, 2).map(({ address }) => address);
		registry = await l1.deploy("StakeRegistry", [evidence.address, governor.address, UNBONDING, EPOCH, committee, []], 2n * STAKE);
	});
	after(() => l1.close());

	it("keeps every wei, changes the committee between epochs or by a slash only, and takes the certificates of exactly more than two thirds of it", async () => {
		const random = new Random(SEED);
		const startedAt = await l1.now();
		let epoch = 0;
		let burnt = 0n;
		const model: Account[] = wallets.map((_, i) => {
			const isFirst = i < 2;
			const stake = isFirst ? STAKE : 0n;
			const standing = isFirst ? MEMBER : 0;
			return { standing, staked: stake, leaving: 0n, leavesAt: 0, isSlashed: false, power: stake, nextPower: stake };
		});
		const succeeded = new Map<string, number>();
		for (let call = 0; call < CALLS; call++) {
			const kind = random.pick([
				"stake",
				"stake",
				"startUnbonding",
				"withdraw",
				"setStanding",
				"setStanding",
				"slash",
				"certify",
				"certify",
			]);
			// A slash ends an account for ever, so it is rare.
			if (kind === "slash" && random.next() < 0.85) continue;
			const time = (await l1.now()) + 1 + random.below(200);
			const now = Math.floor((time - startedAt) / EPOCH);
			if (now > epoch) for (const account of model) account.power = account.nextPower;
			epoch = now;
			// The last account is never slashed, so that somebody plays to the end.
			const place = random.below(kind === "slash" ? model.length - 1 : model.length);
			const [wallet, account] = [wallets[place], model[place]];
			const amount = BigInt(random.below(500));
			const standing = random.below(3);
			const expected: Record<string, boolean> = {
				stake: account.standing !== 0 && !account.isSlashed && amount > 0n,
				startUnbonding: account.staked > 0n,
				withdraw: account.leaving > 0n && time >= account.leavesAt,
				setStanding: true,
				slash: !account.isSlashed && account.staked + account.leaving > 0n,
			};
			const signers = wallets
				.filter(() => random.next() < 0.7)
				.sort((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1));
			const powers = signers.map((signer) => model[wallets.indexOf(signer)].power);
			const all = model.reduce((total, { power }) => total + power, 0n);
			expected.certify = powers.every((power) => power > 0n) && 3n * powers.reduce((total, power) => total + power, 0n) > 2n * all;
			const signatures = concat(signers.map(({ signingKey }) => signingKey.sign(ZeroHash).compactSerialized));
			await l1.at(time);
			const calls: Record<string, () => Promise<unknown>> = {
				stake: () => send(registry, wallet, "stake", [wallet.address], amount),
				startUnbonding: () => send(registry, wallet, "startUnbonding", []),
				withdraw: () => send(registry, wallet, "withdraw", []),
				setStanding: () => send(registry, governor, "setStanding", [wallet.address, standing]),
				certify: () => send(registry, wallet, "requireQuorum", [ZeroHash, signatures]),
				slash: () => send(registry, evidence, "slash", [wallet.address, evidence.address]),
			};
			const done = await calls[kind]().then(
				() => true,
				() => false,
			);
			const where = `call ${call}, ${kind} of ${place} at ${time}`;
			assert.equal(done, expected[kind], where);
			if (done) {
				succeeded.set(kind, (succeeded.get(kind) ?? 0) + 1);
				if (kind === "stake") account.staked += amount;
				if (kind === "setStanding") account.standing = standing;
				if (kind === "withdraw") account.leaving = 0n;
				if (kind === "startUnbonding") {
					account.leaving += account.staked;
					account.staked = 0n;
					account.leavesAt = startedAt + (epoch + 1) * EPOCH + UNBONDING;
				}
				if (kind === "slash") {
					const all = account.staked + account.leaving;
					burnt += all - all / 4n;
					Object.assign(account, { staked: 0n, leaving: 0n, isSlashed: true, power: 0n });
				}
				account.nextPower = account.standing === MEMBER ? account.staked : 0n;
			}
			const sum = (of: (account: Account) => bigint): bigint => model.reduce((total, each) => total + of(each), 0n);
			const held = await l1.chain.provider.getBalance(await registry.getAddress());
			assert.equal(held, sum(({ staked, leaving }) => staked + leaving) + burnt, where);
			assert.equal(await l1.now(), time, `${where}: a call that reverts is in a block too`);
			const totals = [...((await registry.getFunction("totalPower")()) as bigint[])];
			assert.deepEqual(totals, [sum(({ power }) => power), sum(({ nextPower }) => nextPower)], where);
			for (const [i, each] of model.entries()) {
				const powers = [...((await registry.getFunction("powerOf")(wallets[i].address)) as bigint[])];
				assert.deepEqual(powers, [each.power, each.nextPower], `${where}: power of ${i}`);
			}
		}
		// A program in which a call never succeeds would show nothing about it.
		assert.deepEqual([...succeeded.keys()].sort(), ["certify", "setStanding", "slash", "stake", "startUnbonding", "withdraw"]);
	});
});
