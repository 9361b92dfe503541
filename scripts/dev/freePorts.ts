// Ports for processes that are told where to listen.

import { createServer } from "node:net";

/** Below what systems give to connections and to `listen(0)` (Linux from 32,768 on, others from 49,152): no connection takes one between this look and its use. */
const LOWEST = 12_000;
const HIGHEST = 32_000;

/** Ports of this machine's loopback on which nobody listens now; drawn, so that two who look at the same time seldom find the same. */
export async function freePorts(count: number): Promise<number[]> {
	const found = new Set<number>();
	while (found.size < count) {
		const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
		if (!found.has(port) && (await isFree(port))) found.add(port);
	}
	return [...found];
}

/** Whether nobody listens at a port of the loopback. */
export function isFree(port: number): Promise<boolean> {
	const probe = createServer();
	return new Promise((resolve, reject) => {
		probe.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
		probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
	});
}
