// The page's one connection to the node that serves it, and what components ask through it. What is not known is undefined, and shown as UNKNOWN.

import { useEffect, useRef, useState } from "preact/hooks";
import { Connection } from "../../src/sdk/Connection.ts";

const RECONNECT_MS = 1500;

type Listener = (connection: Connection | undefined) => void;
const listeners = new Set<Listener>();
let current: Connection | undefined;

function tell(connection: Connection | undefined): void {
	current = connection;
	for (const listener of listeners) listener(connection);
}

/** Connects, and again whenever the connection is lost. */
export function begin(): void {
	const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`;
	Connection.open(url).then(
		(connection) => {
			tell(connection);
			connection.onClose(() => {
				tell(undefined);
				setTimeout(begin, RECONNECT_MS);
			});
		},
		() => setTimeout(begin, RECONNECT_MS),
	);
}

/** The connection; undefined while there is none. */
export function useConnection(): Connection | undefined {
	const [connection, set] = useState(current);
	useEffect(() => {
		listeners.add(set);
		set(current);
		return () => void listeners.delete(set);
	}, []);
	return connection;
}

/** The connection as it is now. Throws an Error with one sentence while there is none. */
export function connection(): Connection {
	if (!current) throw new Error("There is no connection to the exchange.");
	return current;
}

/** Calls a method. Rejects while there is no connection. */
export function call<T>(method: string, params: object = {}): Promise<T> {
	return current ? current.call<T>(method, params) : Promise.reject(new Error("there is no connection"));
}

/**
 * The answer of a method, asked for anew at an interval and when the parameters change. Undefined until it comes, and again when the connection is lost:
 * an answer of before is not shown as one of now. `params` of undefined asks nothing.
 */
export function useCall<T>(method: string, params: object | undefined, intervalMs: number): T | undefined {
	const connection = useConnection();
	const [answer, set] = useState<{ readonly key: string; readonly value: T }>();
	const key = params && `${method}${JSON.stringify(params)}`;
	useEffect(() => {
		if (!connection || key === undefined) {
			set(undefined);
			return;
		}
		let isOver = false;
		const ask = (): void => {
			connection.call<T>(method, params).then(
				(value) => isOver || set({ key, value }),
				() => isOver || set(undefined),
			);
		};
		ask();
		const timer = setInterval(ask, intervalMs);
		return () => {
			isOver = true;
			clearInterval(timer);
		};
	}, [connection, key, intervalMs]);
	return answer && answer.key === key ? answer.value : undefined;
}

/** The latest of something that is kept between renders without causing one. */
export function useLatest<T>(value: T): { readonly current: T } {
	const ref = useRef(value);
	ref.current = value;
	return ref;
}
