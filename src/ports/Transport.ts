/** A JSON-RPC peer of the server: one WebSocket connection or one HTTP request. */
export interface Peer {
	readonly id: number;
	/** Queues a notification; returns false when the peer reads too slowly and will be dropped. */
	notify(channel: string, data: unknown): boolean;
	close(reason: string): void;
}

/** Handles one call. A refusal is thrown as a coded RpcError by the handler's room; results are plain JSON values. */
export type Handler = (method: string, parameters: unknown, peer: Peer) => Promise<unknown>;

export interface Transport {
	/** Starts listening and resolves with the address in use, such as ws://127.0.0.1:8545. */
	listen(handler: Handler): Promise<string>;
	close(): Promise<void>;
}
