import type { Peer } from "../../ports/Transport.ts";

type Heart = { readonly peer: Peer; readonly timer: NodeJS.Timeout; heard: boolean };

/** Asks connections that wish it for signs of life, and closes those that give none: any call is one. */
export class Heartbeats {
	readonly #hearts = new Map<number, Heart>();

	/** Replaces the interval that was set before. */
	set(peer: Peer, intervalMs: number): void {
		this.forget(peer.id);
		const timer = setInterval(() => this.#beat(peer.id), intervalMs);
		timer.unref();
		this.#hearts.set(peer.id, { peer, timer, heard: true });
	}

	/** The peer called something. */
	heard(peerId: number): void {
		const heart = this.#hearts.get(peerId);
		if (heart) heart.heard = true;
	}

	forget(peerId: number): void {
		clearInterval(this.#hearts.get(peerId)?.timer);
		this.#hearts.delete(peerId);
	}

	close(): void {
		for (const peerId of [...this.#hearts.keys()]) this.forget(peerId);
	}

	#beat(peerId: number): void {
		const heart = this.#hearts.get(peerId) as Heart;
		if (!heart.heard) {
			this.forget(peerId);
			heart.peer.close("no sign of life came after a test request");
			return;
		}
		heart.heard = false;
		heart.peer.tell("heartbeat", { type: "test_request" });
	}
}
