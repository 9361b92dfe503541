import { RpcError, Code } from "./RpcError.ts";

const TIMEOUT_MS = 5000;

/** One JSON-RPC call by POST. Rejects with RpcError, or with what the network says; also when no answer comes in time. */
export async function callHttp(url: string, method: string, params: object): Promise<unknown> {
	const response = await fetch(url.replace(/^ws/, "http"), {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
		signal: AbortSignal.timeout(TIMEOUT_MS),
	});
	const answer = (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
	if (answer.error) throw new RpcError(answer.error.code, answer.error.message);
	if (answer.result === undefined) throw new RpcError(Code.Internal, `${url} gave no answer to ${method}`);
	return answer.result;
}
