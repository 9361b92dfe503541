// The sentence of the mission, measured: a trader's position settles at expiry for the right amount, and he is paid on L1, whatever went wrong in between. What is
// right is computed here from the settlement price and the terms of the series.

import type { ChainWallet } from "../../../src/chain/Bridge.ts";
import type { Claim as Proof } from "../../../src/chain/Bridge.ts";
import { lotsPerUnit } from "../../../src/machine/Constants.ts";
import * as Bytes from "../../../src/machine/math/Bytes.ts";
import { Connection, Trader } from "../../../src/sdk/index.ts";
import type { Acknowledgement } from "../../../src/sdk/index.ts";
import * as Decimal from "../../../src/wire/Decimal.ts";
import type { Answer } from "../../../src/wire/schema.ts";
import type { Cluster } from "../committee/Cluster.ts";

const SIZE_LOTS = 20;

type Instrument = Answer<"public/get_instruments">[number];

/** What became of a claim. */
export type Outcome = { readonly isRight: boolean; readonly isPaid: boolean };

function micro(text: string): number {
	const value = Decimal.parse(text, Decimal.MICRO);
	if (value === undefined) throw new Error(`The exchange shows ${text} as an amount.`);
	return value;
}

/** The nearest expiry's ETH call with the lowest strike: it is worth something. */
export async function instrument(cluster: Cluster): Promise<Instrument> {
	const all = await cluster.call<Instrument[]>(1, "public/get_instruments", { currency: "ETH", kind: "option" });
	const [first] = all
		.filter(({ option_type, settlement_price }) => option_type === "call" && settlement_price === null)
		.sort((a, b) => a.expiration_timestamp - b.expiration_timestamp || Number(a.strike) - Number(b.strike));
	if (!first) throw new Error("No call is listed.");
	return first;
}

async function traderOf(cluster: Cluster, member: number, wallet: ChainWallet, account: number): Promise<Trader> {
	const connection = await Connection.open(cluster.api(member).replace("http", "ws"));
	try {
		return await Trader.open(connection, wallet, account);
	} finally {
		connection.close();
	}
}

async function submit(cluster: Cluster, member: number, payload: Uint8Array): Promise<Acknowledgement> {
	return cluster.call<Acknowledgement>(member, "public/submit", { payload: Bytes.toHex(payload) });
}

export class Claim {
	readonly wallet: ChainWallet;
	readonly account: number;
	readonly #cluster: Cluster;
	readonly #instrument: Instrument;
	/** Micro-USDC in cash after the trade. */
	readonly #cash: number;
	#withdrawn = 0;

	private constructor(cluster: Cluster, wallet: ChainWallet, account: number, series: Instrument, cash: number) {
		this.#cluster = cluster;
		this.wallet = wallet;
		this.account = account;
		this.#instrument = series;
		this.#cash = cash;
	}

	/** The trader buys from the maker at the mark, at the gateway of a member. */
	static async open(
		cluster: Cluster,
		member: number,
		buyer: { readonly wallet: ChainWallet; readonly account: number },
		maker: { readonly wallet: ChainWallet; readonly account: number },
	): Promise<Claim> {
		const series = await instrument(cluster);
		const { mark_price } = await cluster.call<{ mark_price: string | null }>(member, "public/ticker", {
			instrument_name: series.instrument_name,
		});
		const price = Math.max(1, Math.round(Number(mark_price) / Number(series.tick_size)));
		const order = { series: series.series, price, size: SIZE_LOTS };
		const sold = await submit(
			cluster,
			member,
			await (await traderOf(cluster, member, maker.wallet, maker.account)).encodeOrder({ ...order, side: 1 }),
		);
		const bought = await submit(
			cluster,
			member,
			await (await traderOf(cluster, member, buyer.wallet, buyer.account)).encodeOrder({ ...order, side: 0 }),
		);
		const { cash, positions } = await cluster.call<{ cash: string; positions: unknown[] }>(member, "public/get_account", {
			account: buyer.account,
		});
		if (positions.length !== 1) throw new Error(`No position came of it: ${sold.result} and ${bought.result} at ${price} ticks.`);
		return new Claim(cluster, buyer.wallet, buyer.account, series, micro(cash));
	}

	get expiry(): number {
		return this.#instrument.expiration_timestamp;
	}

	/** Micro-USDC per unit at which the exchange settled the expiry, as a member shows it. */
	async settlementPrice(member: number): Promise<number> {
		const { instrument_name } = this.#instrument;
		const { settlement_price } = await this.#cluster.call<Instrument>(member, "public/get_instrument", { instrument_name });
		if (settlement_price === null) throw new Error(`${instrument_name} is not settled.`);
		return micro(settlement_price);
	}

	/** Micro-USDC that the account must hold in cash: by the terms of the series, at a settlement price on which all members agree. */
	async #due(): Promise<number> {
		const prices = new Set<number>();
		for (let member = 0; member < this.#cluster.options.validators; member++) prices.add(await this.settlementPrice(member));
		const [price] = prices;
		if (prices.size !== 1) throw new Error(`Members settled at ${[...prices].join(" and ")} micro-USDC.`);
		const intrinsic = Math.max(0, price - micro(String(this.#instrument.strike)));
		return this.#cash + Math.floor((SIZE_LOTS * intrinsic) / lotsPerUnit(0));
	}

	/** Whether the position is folded into cash. */
	async isSettled(member: number): Promise<boolean> {
		const { positions } = await this.#cluster.call<{ positions: unknown[] }>(member, "public/get_account", { account: this.account });
		return positions.length === 0;
	}

	/** Whether it came to the right amount; then all of it is withdrawn. */
	async withdraw(member: number): Promise<boolean> {
		const { cash } = await this.#cluster.call<{ cash: string }>(member, "public/get_account", { account: this.account });
		const due = await this.#due();
		const isRight = micro(cash) === due;
		if (!isRight)
			process.stderr.write(
				`Account ${this.account} holds ${micro(cash)} micro-USDC, and ${due} are due: ${this.#cash} before, strike ${this.#instrument.strike}.\n`,
			);
		this.#withdrawn = micro(cash);
		const trader = await traderOf(this.#cluster, member, this.wallet, this.account);
		const ack = await submit(this.#cluster, member, await trader.encodeWithdrawal(await this.wallet.getAddress(), this.#withdrawn));
		if (ack.result !== "Ok") throw new Error(`The withdrawal of account ${this.account} was refused: ${ack.result}`);
		return isRight;
	}

	/** Whether the withdrawal is confirmed on L1 and can be claimed. */
	async isConfirmed(member: number): Promise<boolean> {
		const all = await this.#cluster.call<{ confirmed: boolean }[]>(member, "public/get_withdrawals", { account: this.account });
		return all.some(({ confirmed }) => confirmed);
	}

	/** Claims on L1; whether exactly what was withdrawn arrived in the trader's wallet. */
	async collect(member: number): Promise<boolean> {
		const { bridge } = this.#cluster;
		const address = await this.wallet.getAddress();
		const before = await bridge.usdcOf(address);
		const [{ index }] = await this.#cluster.call<{ index: number }[]>(member, "public/get_withdrawals", { account: this.account });
		await bridge.claim(this.wallet, await this.#cluster.call<Proof>(member, "public/get_withdrawal_proof", { index }));
		return (await bridge.usdcOf(address)) - before === BigInt(this.#withdrawn);
	}
}
