import type { BlobArchive } from "../ports/Blobs.ts";
import type { Log } from "../ports/Log.ts";
import type { Handler } from "../ports/Transport.ts";
import type { LoopHealth } from "../roles/Loop.ts";
import { Code, RpcError } from "../wire/RpcError.ts";
import { Server } from "../wire/Server.ts";
import { Health } from "./Health.ts";
import type { PrometheusMetrics } from "./Metrics.ts";
import * as Pages from "./Pages.ts";
import type { Shelf } from "./snapshots/Shelf.ts";

export type MonitorOptions = {
	readonly host: string;
	readonly port: number;
	readonly log: Log;
	readonly metrics: PrometheusMetrics;
	readonly roles: Readonly<Record<string, { readonly health: LoopHealth }>>;
	/** Blobs that it serves to other nodes. */
	readonly archive?: BlobArchive;
	/** Snapshots that it serves to nodes that begin. */
	readonly shelf?: Shelf;
	/** Calls that the process answers besides; none otherwise. */
	readonly handler?: Handler;
};

const NO_CALLS: Handler = (method) =>
	Promise.reject(new RpcError(Code.MethodNotFound, `there is no method ${method.slice(0, 60)}: this process is not a sequencer`));

/** The port of a process that is not a sequencer: /metrics, /livez and /readyz, and the blobs and snapshots that it keeps. */
export class Monitor {
	readonly #server: Server;
	readonly #handler: Handler;

	constructor({ host, port, log, metrics, roles, archive, shelf, handler }: MonitorOptions) {
		const health = new Health({ metrics, roles, wanted: () => Object.keys(roles), conditions: {}, collect: () => undefined });
		this.#handler = handler ?? NO_CALLS;
		this.#server = new Server({ host, port, log, pages: (path) => Pages.serve(path, health, archive, shelf) });
	}

	/** Resolves with the address in use. Throws with one sentence when the port cannot be had. */
	listen(): Promise<string> {
		return this.#server.listen(this.#handler);
	}

	close(): Promise<void> {
		return this.#server.close();
	}
}
