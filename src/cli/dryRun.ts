// --dry-run: whatever would be sent is asked about instead, and nothing is sent.

import type { NotSent } from "../chain/Sending.ts";
import type { Deployment } from "../chain/Deployment.ts";
import type { Calls, Connection } from "../sdk/index.ts";
import type { Answer } from "./Context.ts";
import { ExitCode } from "./ExitCode.ts";

/** Ends a command that would have sent a message to the exchange, with what it would have become. */
export class DryRun extends Error {
	readonly answer: Answer;

	constructor(answer: Answer) {
		super(answer.text);
		this.answer = answer;
	}
}

type Verdict = {
	readonly would_be_taken: boolean;
	readonly detail: string | null;
	readonly execution: { readonly result: string } | null;
};
const EXECUTED: readonly string[] = ["Ok", "Rested", "Displaced", "Dropped", "Killed"];

function verdictOf(verdict: Verdict): Answer {
	const result = verdict.execution?.result;
	if (!verdict.would_be_taken) return answer(`The exchange would not take it: ${verdict.detail}.`, verdict, ExitCode.Refused);
	if (result !== undefined && !EXECUTED.includes(result))
		return answer(`The exchange would take it, and refuse it: ${result}. Nothing was sent.`, verdict, ExitCode.Refused);
	return answer(`The exchange would take it${result === undefined ? "" : `: ${result}`}. Nothing was sent.`, verdict, ExitCode.Ok);
}

const answer = (text: string, json: object, exitCode: number): Answer => ({ text, json, exitCode });

/** A connection on which messages are asked about. */
export function dryCalls(connection: Connection): Calls {
	return {
		// Nothing is sent, so nothing is sent anew to another gateway.
		gateways: 1,
		move: () => Promise.resolve(),
		async call<T>(method: string, params?: object): Promise<T> {
			if (method !== "public/submit") return connection.call<T>(method, params);
			throw new DryRun(verdictOf(await connection.call<Verdict>("public/order_debug", params)));
		},
	};
}

/** What a transaction would have been. What would follow it in the same command was not tried: it needs the first. */
export function dryTransaction({ to, value, gas }: NotSent, deployment: Deployment): Answer {
	const contract = Object.entries(deployment.contracts).find(([, address]) => address === to)?.[0];
	return {
		text: `L1 would take it: a transaction to ${contract ?? to ?? "nobody"} with ${gas} gas. Nothing was sent.`,
		json: { would_be_sent: true, contract: contract ?? null, to: to ?? null, value_wei: String(value), gas: Number(gas) },
	};
}
