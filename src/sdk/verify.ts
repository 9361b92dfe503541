import type { Provider } from "ethers";
import type { Connection } from "./Connection.ts";
import { LightClient } from "./LightClient.ts";
import type { AccountProof, Trusted, VerifiedAccount, VerifiedInclusion, VerifiedReceipt } from "./LightClient.ts";
import type { Acknowledgement } from "./Trader.ts";

export type Verification = {
	readonly receipt: VerifiedReceipt | undefined;
	/** Undefined while the message waits for its batch: the server says so, and only time can show otherwise. */
	readonly inclusion: VerifiedInclusion | undefined;
	readonly account: VerifiedAccount | undefined;
};

/**
 * Checks what the exchange said against L1: the receipt of a message, that the message stands in a batch, and an account against a confirmed assertion. The
 * server is asked for evidence and believed in nothing. Rejects with VerificationError when something is not as it was said.
 *
 * @param l1 the trader's own endpoint
 * @param trusted from deployments/<network>.json, not from the server
 */
export async function verify(
	connection: Connection,
	l1: Provider,
	trusted: Trusted,
	what: { readonly payload?: Uint8Array; readonly acknowledgement?: Acknowledgement; readonly account?: number },
): Promise<Verification> {
	const client = new LightClient(l1, trusted, [connection.url]);
	const { payload, acknowledgement, account } = what;
	let inclusion: VerifiedInclusion | undefined;
	if (payload && acknowledgement) {
		const { evidence } = await connection.call<{ evidence: { batch: number | null } }>("public/get_finality", {
			sequence: acknowledgement.sequence,
		});
		if (evidence.batch !== null) inclusion = await client.inclusion(payload, evidence.batch);
	}
	let verified: VerifiedAccount | undefined;
	if (account !== undefined)
		verified = await client.account(account, await connection.call<AccountProof>("public/get_account_proof", { account }));
	const receipt = payload && acknowledgement ? await client.receipt(payload, acknowledgement) : undefined;
	return { receipt, inclusion, account: verified };
}
