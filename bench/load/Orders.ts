import * as Encoding from "../../src/machine/step/Encoding.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import type { Signer } from "../../src/ports/Signer.ts";
import { randomOf } from "../market.ts";

/** A series that is traded, and about what price in ticks. */
export type Market = { readonly series: number; readonly value: number };
/** Who trades: an account, the key that signs for it, and the first nonce that was not used. */
export type Owner = { readonly account: number; readonly signer: Signer; readonly nonce: number };

const UNSIGNED = new Uint8Array(65);
/** Orders that an account lets rest before it cancels its oldest. */
const RESTING = 12;

type Resting = { readonly series: number; readonly side: number; readonly order: number };

/** Signed messages without end: of three, one rests near the value, one cancels, and one in eight takes. Accounts take turns. */
export class Orders {
	readonly #domain: Uint8Array;
	readonly #owners: readonly Owner[];
	readonly #markets: readonly Market[];
	readonly #random: () => number;
	readonly #nonces: number[];
	readonly #resting: Resting[][];
	#turn = 0;

	constructor(seed: number, domain: Uint8Array, owners: readonly Owner[], markets: readonly Market[]) {
		this.#random = randomOf(seed);
		this.#domain = domain;
		this.#owners = owners;
		this.#markets = markets;
		this.#nonces = owners.map(({ nonce }) => nonce);
		this.#resting = owners.map(() => []);
	}

	/** The next message, signed. */
	async next(): Promise<Uint8Array> {
		const place = this.#turn++ % this.#owners.length;
		const { account, signer } = this.#owners[place];
		const resting = this.#resting[place];
		const oldest = resting.length >= RESTING ? resting.shift() : undefined;
		if (oldest) {
			const message = { account, ...oldest, signature: UNSIGNED };
			return Encoding.cancel({ ...message, signature: await signer.sign(Messages.cancelDigest(this.#domain, message)) });
		}
		const { series, value } = this.#markets[this.#below(this.#markets.length)];
		const side = this.#below(2);
		const takes = this.#random() < 0.25;
		const distance = takes ? -(2 + this.#below(5)) : 2 + this.#below(Math.max(2, Math.min(30, value - 3)));
		const order = this.#nonces[place]++;
		const message = {
			...{ account, series, side, timeInForce: takes ? Messages.IOC : Messages.GTC, flags: Messages.CANCEL_MAKER << 3 },
			...{ price: Math.max(1, side === 0 ? value - distance : value + distance), size: 1 + this.#below(5) },
			...{ expiresAt: 0, nonce: order, label: 0, signature: UNSIGNED },
		};
		if (!takes) resting.push({ series, side, order });
		return Encoding.place({ ...message, signature: await signer.sign(Messages.placeDigest(this.#domain, message)) });
	}

	/** `count` of them, as the hexadecimal that `public/submit` takes. */
	async take(count: number): Promise<string[]> {
		const payloads: string[] = [];
		while (payloads.length < count) payloads.push(`0x${Buffer.from(await this.next()).toString("hex")}`);
		return payloads;
	}

	#below(bound: number): number {
		return Math.floor(this.#random() * bound);
	}
}
