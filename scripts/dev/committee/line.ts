// What `npm run committee` prints of the members: one line, however many there are, that names only who is not as the others.
import type { Answer } from "../../../src/wire/schema.ts";

export type Seen = Pick<Answer<"public/get_committee">, "height" | "checkpoint_lag" | "quorum_slack" | "silent_because">;

/** `seen` by the member's number; undefined where none answered. */
export function membersLine(seen: readonly (Seen | undefined)[]): string {
	const present = seen.filter((one) => one !== undefined);
	if (present.length === 0) return `none of ${seen.length} members answers`;
	const slacks = present.map(({ quorum_slack: slack }) => slack).filter((slack) => slack !== null);
	const parts = [
		`${present.length} of ${seen.length} members at ${range(present.map(({ height }) => height))}`,
		`signed states ${range(present.map(({ checkpoint_lag: lag }) => lag))} behind`,
		slacks.length === 0 ? "nothing is decided" : mayFail(Math.min(...slacks)),
		...seen.flatMap((one, member) => (one ? [] : [`member ${member} does not answer`])),
		...seen.flatMap((one, member) => (one?.silent_because ? [`member ${member} is silent: ${one.silent_because}`] : [])),
	];
	return parts.join(", ");
}

function mayFail(slack: number): string {
	return slack < 0 ? "too few vote" : `${slack} more may fail`;
}

function range(numbers: readonly number[]): string {
	const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
	return low === high ? String(low) : `${low} to ${high}`;
}
