import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { nameOf } from "../../src/wire/Names.ts";
import { World } from "../node/world.ts";

const FILE = join(import.meta.dirname, "..", "..", "docs", "api", "session.md");
/** An instrument in the document; a real one stands in for it. */
const NAMED = /ETH-4FEB26-2000-C/g;
const PATIENCE_MS = 20_000;

/** What differs in shape from the example, by its path: other keys, other kinds of values, another id, method, channel or code; undefined when nothing does. */
function difference(example: unknown, actual: unknown, path = "$"): string | undefined {
	if (/\.(id|jsonrpc|method|channel|code|message)$/.test(path) && example !== actual)
		return `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(example)}`;
	if (example === null || actual === null || typeof example !== "object" || typeof actual !== "object")
		return (example === null) === (actual === null) && typeof example === typeof actual
			? undefined
			: `${path} is ${JSON.stringify(actual)}`;
	if (Array.isArray(example) !== Array.isArray(actual)) return `${path} is not what it was`;
	if (Array.isArray(example) && Array.isArray(actual)) {
		if ((example.length === 0) !== (actual.length === 0)) return `${path} has ${actual.length} elements`;
		return actual
			.map((one, i) => difference(example[Math.min(i, example.length - 1)], one, `${path}[${i}]`))
			.find((found) => found !== undefined);
	}
	const [known, now] = [Object.keys(example).sort(), Object.keys(actual).sort()];
	if (known.join() !== now.join()) return `${path} has ${now.join(", ")}, not ${known.join(", ")}`;
	return known
		.map((key) => difference((example as never)[key], (actual as never)[key], `${path}.${key}`))
		.find((found) => found !== undefined);
}

describe("given the session of docs/api/session.md, typed into a WebSocket line by line", () => {
	let world: World;
	before(async () => {
		world = await World.start();
		await world.listed();
	});
	after(() => world.close());

	it("is answered as the document shows", async () => {
		const { queries } = world.exchange.live;
		const [{ series }] = queries.instruments().filter(({ underlying, kind }) => underlying === 0 && kind === 0);
		const block = /```text\n([\s\S]*?)```/.exec(readFileSync(FILE, "utf8"))?.[1] ?? "";
		const lines = block.trim().split("\n");
		assert.ok(lines.filter((line) => line.startsWith("> ")).length >= 8);
		const socket = new WebSocket(world.exchange.url);
		const heard: string[] = [];
		let wake = (): void => undefined;
		socket.on("message", (data: Buffer) => {
			heard.push(data.toString("utf8"));
			wake();
		});
		await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
		const next = async (): Promise<string> => {
			for (const end = Date.now() + PATIENCE_MS; heard.length === 0;) {
				if (Date.now() > end) return "nothing";
				await new Promise<void>((resolve) => {
					wake = resolve;
					setTimeout(resolve, 100);
				});
			}
			return heard.shift() as string;
		};
		for (const line of lines) {
			const text = line.slice(2).replace(NAMED, nameOf(series));
			if (line.startsWith("> ")) socket.send(text);
			else {
				assert.ok(line.startsWith("< "), `neither typed nor heard: ${line}`);
				const actual = await next();
				assert.equal(difference(JSON.parse(text), actual === "nothing" ? undefined : JSON.parse(actual)), undefined, `${line}\n${actual}`);
			}
		}
		socket.close();
	});
});
