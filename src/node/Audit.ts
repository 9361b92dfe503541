import type { Bridge } from "../chain/Bridge.ts";
import type { DerivedExecutor } from "../executor/DerivedExecutor.ts";
import * as Kinds from "../machine/state/Kinds.ts";
import * as Accounts from "../machine/types/Account.ts";
import * as GlobalsCell from "../machine/types/Globals.ts";

/** What the vault holds against what the state owes, in micro-USDC, as decimal strings. */
export type Audited = {
	readonly vaultBalance: string;
	readonly owed: string;
	readonly conserved: boolean;
	readonly insolventAccounts: number;
};

/**
 * Adds up what the state derived from L1 alone owes: every account's cash and rebate, the fees and the insurance fund, and withdrawals that L1 has not paid. Open
 * positions owe nothing together when every series sums to zero, which is checked.
 */
export async function run(bridge: Bridge, derived: DerivedExecutor): Promise<Audited> {
	await derived.sync();
	const snapshot = derived.snapshot();
	if (!snapshot) throw new Error("The state derived from L1 has work pending, so it cannot be added up.");
	let owed = 0n;
	let insolventAccounts = 0;
	const held = new Map<number, number>();
	for (const { kind, cell } of snapshot.cells) {
		if (kind === Kinds.GLOBALS) {
			const globals = GlobalsCell.decode(cell);
			owed += BigInt(globals.fees) + BigInt(globals.insurance) - BigInt(globals.deficit);
		}
		if (kind !== Kinds.ACCOUNTS) continue;
		const account = Accounts.decode(cell);
		owed += BigInt(account.cash) + BigInt(account.rebate);
		if (account.cash < 0 && account.positions.length === 0) insolventAccounts += 1;
		for (const { series, size } of account.positions) held.set(series, (held.get(series) ?? 0) + size);
	}
	for (const { index, amount } of derived.withdrawals) if (!(await bridge.isClaimed(index))) owed += BigInt(amount);
	const balance = await bridge.vaultBalance();
	const flat = [...held.values()].every((sum) => sum === 0);
	return { vaultBalance: balance.toString(), owed: owed.toString(), conserved: flat && balance === owed, insolventAccounts };
}
