import { Result } from "../machine/Result.ts";
import * as State from "../machine/state/State.ts";
import * as Step from "../machine/step/Machine.ts";
import { NOBODY } from "../machine/types/Account.ts";
import { InputKind, initial, NONE } from "../machine/types/Machine.ts";
import type { Input } from "../machine/types/Machine.ts";
import { ScratchState } from "./ScratchState.ts";
import { speakerOf } from "./UserMessages.ts";

/** What the machine would make of a message. Lots, and ticks times lots. */
export type Rehearsed = {
	readonly result: Result;
	readonly final: Result;
	readonly filled: number;
	readonly filledValue: number;
	readonly remaining: number;
	/** Of a basket: what becomes of its items. */
	readonly items: readonly Result[];
};

const CURSOR = { batch: 0, l1Index: 0, offset: 0, item: 0 };

/** Executes messages of users on a copy of the state, which nobody sees. */
export class Rehearsal {
	readonly #state: State.Body;
	/** One for all, so that the valuations behind a margin are not computed for every question. */
	readonly #scratch: ScratchState;

	constructor(state: State.Body) {
		this.#state = state;
		this.#scratch = new ScratchState(state);
	}

	/** As the machine stands at `clock`; `assumeSigned` asks as if the account's owner had signed. Undefined for what no user signs. */
	run(payload: Uint8Array, clock: number, assumeSigned: boolean): Rehearsed | undefined {
		// SAFETY: valuations are kept by the time of a report, so a rehearsed report would stand in the way of the real one.
		const account = speakerOf(payload);
		if (account === undefined) return undefined;
		const sender = assumeSigned ? State.account(this.#state, account).owner : NOBODY;
		const machine = { ...initial(), clock };
		const input: Input = { kind: InputKind.Record, cursor: { ...CURSOR }, clock, payload, l1Kind: 0, sender };
		this.#scratch.clear();
		const first = Step.step(this.#scratch, machine, input);
		let last = first;
		let filled = 0;
		let filledValue = 0;
		const items: Result[] = [];
		while (machine.registers.kind !== NONE || machine.cursor.item !== 0) {
			const isItem = machine.registers.kind === NONE;
			last = Step.step(this.#scratch, machine, isItem ? input : { ...input, kind: InputKind.Pending });
			if (isItem) items.push(last.result);
			if (last.result !== Result.Filled && last.result !== Result.Completed && last.result !== Result.Tripped) continue;
			filled += last.size;
			filledValue += last.price * last.size;
		}
		this.#scratch.clear();
		return { result: first.result, final: last.result, filled, filledValue, remaining: last.remaining, items };
	}
}
