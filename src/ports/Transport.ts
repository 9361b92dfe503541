/** A JSON-RPC peer of the server: one WebSocket connection or one HTTP request. */
export interface Peer {
	/** 0 of an HTTP request, which cannot be told anything later. */
	readonly id: number;
	/** Whether what it was sent waits unread: what can be told later in one piece should be. */
	readonly isSlow: boolean;
	/** Queues a notification of a channel, whose data must not change any more; returns false when the peer is gone, or read so little that it is dropped. */
	notify(channel: string, data: unknown): boolean;
	/** Queues a notification of another method. */
	tell(method: string, params: unknown): boolean;
	close(reason: string): void;
}

/** Handles one call. A refusal is thrown as a coded RpcError by the handler's room; results are plain JSON values. */
export type Handler = (method: string, parameters: unknown, peer: Peer) => Promise<unknown>;

export interface Transport {
	/** Starts listening and resolves with the address in use, such as ws://127.0.0.1:8545. */
	listen(handler: Handler): Promise<string>;
	close(): Promise<void>;
}
