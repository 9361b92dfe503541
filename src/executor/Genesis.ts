// The state before the first message: Globals alone, with the users' signing domain and who may report prices.

import { HOUSE } from "../machine/step/Treasury.ts";
import * as Kinds from "../machine/state/Kinds.ts";
import * as Accounts from "../machine/types/Account.ts";
import * as GlobalsCell from "../machine/types/Globals.ts";
import { Runner } from "./Runner.ts";
import type { CellBytes } from "./TrackedState.ts";

export type GenesisOptions = {
	/** EIP-712 separator of users' messages, 32 bytes. */
	readonly domainSeparator: Uint8Array;
	/** Lower-case addresses; a reporter's place is its bit in a report. */
	readonly reporters: readonly string[];
	readonly quorum: number;
	/** Lower-case address that owns the house's account, which the exchange's fees go to; undefined when there is none, and they wait. */
	readonly house: string | undefined;
};

export function cells(options: GenesisOptions): CellBytes[] {
	const globals = {
		...GlobalsCell.empty(),
		domainSeparator: options.domainSeparator,
		quorum: options.quorum,
		reporters: [...options.reporters],
	};
	if (options.house === undefined) return [{ kind: Kinds.GLOBALS, index: 0, cell: GlobalsCell.encode(globals) }];
	const house = { ...Accounts.empty(), owner: options.house };
	return [
		{ kind: Kinds.GLOBALS, index: 0, cell: GlobalsCell.encode({ ...globals, accounts: 1 }) },
		{ kind: Kinds.ACCOUNTS, index: HOUSE, cell: Accounts.encode(house) },
	];
}

/** Commitment of the machine before its first step, and its preimage: what the genesis assertion holds. */
export function commitment(options: GenesisOptions): { readonly leaf: Uint8Array; readonly state: Uint8Array } {
	const runner = Runner.genesis(cells(options));
	return { leaf: runner.commitment(), state: runner.preimage() };
}
