// A TCP proxy on the way to L1: it can be away, and it can be slow.

import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

export class Proxy {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	/** Milliseconds that everything takes longer, each way. */
	delay = 0;
	#isDown = false;

	private constructor(target: { readonly host: string; readonly port: number }) {
		this.#server = createServer((client) => {
			if (this.#isDown) return client.destroy();
			const server = connect(target);
			for (const [from, to] of [
				[client, server],
				[server, client],
			]) {
				this.#sockets.add(from);
				from.on("data", (bytes) => {
					if (this.delay === 0) to.write(bytes);
					else setTimeout(() => to.write(bytes), this.delay);
				});
				from.on("close", () => {
					this.#sockets.delete(from);
					// What is still on its way arrives first.
					setTimeout(() => to.destroy(), this.delay);
				});
				from.on("error", () => to.destroy());
			}
			return undefined;
		});
	}

	/** Resolves when it listens at `host`. */
	static async open(host: string, target: string): Promise<Proxy> {
		const { hostname, port } = new URL(target);
		const proxy = new Proxy({ host: hostname, port: Number(port) });
		await new Promise<void>((resolve, reject) => proxy.#server.once("error", reject).listen(0, host, () => resolve()));
		return proxy;
	}

	get url(): string {
		const { address, port } = this.#server.address() as AddressInfo;
		return `http://${address}:${port}`;
	}

	/** Away: whoever is connected is cut off, and nobody gets through. */
	set isDown(isDown: boolean) {
		this.#isDown = isDown;
		if (isDown) for (const socket of this.#sockets) socket.destroy();
	}

	close(): void {
		this.isDown = true;
		this.#server.close();
	}
}
