// What a gateway hears when it says a bundle to its engine, and the engine answers, refuses, breaks off or is gone.
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import * as Engine from "../../../src/ordering/comet/Engine.ts";
import { until } from "./committee.ts";

const TRANSACTION = Uint8Array.of(1, 2, 3);

async function broadcastTo(answer: (response: ServerResponse, asked: string) => void): Promise<Engine.Taken> {
	const server = createServer((request, response) => void text(request).then((asked) => answer(response, asked)));
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	try {
		return await Engine.broadcast(`127.0.0.1:${(server.address() as AddressInfo).port}`, TRANSACTION);
	} finally {
		server.closeAllConnections();
		server.close();
	}
}

test("an engine that the system does not start is refused to whoever starts it: it has not ended, and costs nobody his process", async () => {
	const directory = mkdtempSync(join(tmpdir(), "sp-engine-"));
	const binary = join(directory, "cometbft");
	// Nobody may execute it.
	writeFileSync(binary, "", { mode: 0o600 });
	let ends = 0;
	const engine = new Engine.Engine({ home: directory, binary, ended: () => ends++ });
	const refused = { name: "OrderingError", code: "UNWRITABLE", message: /does not start .*cometbft: .*EACCES/ };
	await assert.rejects(async () => engine.start(), refused);
	assert.equal(engine.pid, undefined);
	const starting = assert.rejects(async () => engine.start(), refused);
	await engine.stop();
	await starting;
	assert.equal(ends, 0);
	chmodSync(binary, 0o700);
	writeFileSync(binary, "#!/bin/sh\nexit 3\n");
	await engine.start();
	await until("it ended", () => ends > 0);
	assert.equal(ends, 1);
	rmSync(directory, { recursive: true });
	await assert.rejects(async () => engine.start(), /run `npm run comet:build`/);
});

test("a bundle that the engine takes, holds already or refuses", async () => {
	const taken = await broadcastTo((response, asked) => {
		const { method, params } = JSON.parse(asked) as { method: string; params: { tx: string } };
		response.end(JSON.stringify({ result: { code: 7, log: `${method} ${params.tx}` } }));
	});
	assert.deepEqual(taken, { code: 7, log: "broadcast_tx_sync AQID" });
	const refusing = (data: string) =>
		broadcastTo((response) => response.end(JSON.stringify({ error: { message: "Internal error", data } })));
	assert.deepEqual(await refusing("tx already exists in cache"), { code: 0, log: "" });
	assert.deepEqual(await refusing("mempool is full"), { code: 4, log: "mempool is full" });
});

test("an engine that breaks off, talks nonsense or is gone is heard, and costs nobody his process", async () => {
	await assert.rejects(
		broadcastTo((response) => response.destroy()),
		/ECONNRESET|socket hang up/,
	);
	await assert.rejects(
		broadcastTo((response) => {
			response.writeHead(200, { "content-length": 100 });
			response.write("{", () => response.destroy());
		}),
		/aborted|ECONNRESET/,
	);
	await assert.rejects(
		broadcastTo((response) => response.end("<html>")),
		SyntaxError,
	);
	await assert.rejects(Engine.broadcast("127.0.0.1:1", TRANSACTION), /ECONNREFUSED/);
});
