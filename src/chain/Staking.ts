import { Signature } from "ethers";
import type { Provider } from "ethers";
import { codecOf } from "./Contracts.ts";
import type { Deployment } from "./Deployment.ts";
import { EventLog } from "./EventLog.ts";
import type { ChainSigner, Sent } from "./Sending.ts";
import * as Sending from "./Sending.ts";

/** Everything in wei, times in seconds. */
export type Stake = {
	readonly staked: bigint;
	readonly leaving: bigint;
	/** When what leaves may be withdrawn, 0 when nothing ever left. */
	readonly leavesAt: number;
	readonly isSlashed: boolean;
	readonly power: bigint;
	readonly nextPower: bigint;
	readonly totalPower: bigint;
	readonly epoch: number;
	readonly nextEpochAt: number;
};

/** Kinds of evidence, as files name them, and the call that judges each. */
export const KINDS: Readonly<Record<string, string>> = {
	receipts: "conflictingReceipts",
	receipt: "brokenReceipt",
	batches: "conflictingBatches",
	checkpoints: "conflictingCheckpoints",
	votes: "conflictingVotes",
	reports: "conflictingReports",
	state: "falsifiedState",
};

/** What the call takes of two structures of one signer. Votes of an engine share their place, and their signatures are short (ERC-2098): they are the longest. */
export function contradiction(kind: string, a: unknown, signatureA: string, b: unknown, signatureB: string): readonly unknown[] {
	if (kind !== "votes") return [a, signatureA, b, signatureB];
	const short = (signature: string): readonly string[] => {
		const { r, yParityAndS } = Signature.from(signature);
		return [r, yParityAndS];
	};
	return [a, a, short(signatureA), b, short(signatureB)];
}

/** Stake and evidence as validators and watchers use them. What sends throws ChainError REFUSED with the contract's own error, or CANNOT_PAY. */
export class Staking {
	readonly #provider: Provider;
	readonly #deployment: Deployment;
	readonly #log: EventLog;
	/** Everybody who was ever given a standing, and the block in which he first was. */
	readonly #known = new Map<string, number>();
	#reading: Promise<unknown> = Promise.resolve();

	constructor(provider: Provider, deployment: Deployment) {
		this.#provider = provider;
		this.#deployment = deployment;
		this.#log = new EventLog(provider, [deployment.contracts.StakeRegistry], deployment.deployBlock);
	}

	async stakeOf(account: string): Promise<Stake> {
		const [validator, powers, totals, epoch, nextEpochAt] = await Promise.all([
			this.#read<{ stake: bigint; leaving: bigint; leavesAt: bigint; isSlashed: boolean }>("validatorOf", [account]),
			this.#read<readonly bigint[]>("powerOf", [account]),
			this.#read<readonly bigint[]>("totalPower", []),
			this.#read<bigint>("epoch", []),
			this.#read<bigint>("nextEpochAt", []),
		]);
		return {
			staked: validator.stake,
			leaving: validator.leaving,
			leavesAt: Number(validator.leavesAt),
			isSlashed: validator.isSlashed,
			power: powers[0],
			nextPower: powers[1],
			totalPower: totals[0],
			epoch: Number(epoch),
			nextEpochAt: Number(nextEpochAt),
		};
	}

	/** Everybody who has power in the present epoch, with it in wei, ascending by address. What was read of L1 once is not read again. */
	committee(): Promise<{ readonly address: string; readonly power: bigint }[]> {
		const look = this.#reading.then(() => this.#committee());
		this.#reading = look.catch(() => undefined);
		return look;
	}

	async #committee(): Promise<{ readonly address: string; readonly power: bigint }[]> {
		const head = await this.#provider.getBlock("latest");
		if (!head?.hash) throw new Error("The L1 endpoint gives no latest block: it may still be starting.");
		const { topicHash } = codecOf("StakeRegistry").getEvent("StandingSet") ?? {};
		await this.#log.each(
			{ number: head.number, hash: head.hash },
			({ topics, blockNumber }) => {
				if (topics[0] !== topicHash) return;
				const address = `0x${topics[1].slice(-40)}`.toLowerCase();
				this.#known.set(address, this.#known.get(address) ?? blockNumber);
			},
			(last) => {
				for (const [address, block] of this.#known) if (block > last) this.#known.delete(address);
			},
		);
		const addresses = [...this.#known.keys()].sort();
		const powers = await Promise.all(addresses.map((address) => this.#read<readonly bigint[]>("powerOf", [address])));
		return addresses.map((address, i) => ({ address, power: powers[i][0] })).filter(({ power }) => power > 0n);
	}

	/** Adds wei to an account's stake, which need not be the signer's. */
	add(signer: ChainSigner, account: string, amount: bigint): Promise<Sent> {
		return this.#send(signer, "stake", [account], amount);
	}

	/** Begins to take the signer's whole stake out. */
	leave(signer: ChainSigner): Promise<Sent> {
		return this.#send(signer, "startUnbonding", []);
	}

	/** Pays out what has left. */
	withdraw(signer: ChainSigner): Promise<Sent> {
		return this.#send(signer, "withdraw", []);
	}

	/** Shows evidence of one of KINDS; its arguments are those of the call. The reward goes to the signer. */
	accuse(signer: ChainSigner, kind: string, args: readonly unknown[]): Promise<Sent> {
		return Sending.send(this.#provider, this.#deployment, signer, "SlashingEvidence", KINDS[kind], args);
	}

	#read<T>(method: string, args: readonly unknown[]): Promise<T> {
		return Sending.read(this.#provider, this.#deployment, "StakeRegistry", method, args) as Promise<T>;
	}

	#send(signer: ChainSigner, method: string, args: readonly unknown[], value = 0n): Promise<Sent> {
		return Sending.send(this.#provider, this.#deployment, signer, "StakeRegistry", method, args, value);
	}
}
