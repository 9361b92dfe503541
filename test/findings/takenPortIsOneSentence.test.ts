import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { strikeproof } from "../cli/strikeproof.ts";

// The log file was opened in the background, and a process that ended before it was open ended with the logger's own exception and status 1 by chance.
describe("given an L1 port that another program uses", () => {
	it("says so in one sentence that names the port and the option, and ends with 1", async () => {
		const socket = createServer();
		await new Promise<void>((resolve) => socket.listen(0, "127.0.0.1", resolve));
		const { port } = socket.address() as AddressInfo;
		try {
			const ended = await strikeproof(["up", "--l1-port", String(port)]);
			assert.match(
				ended.error,
				new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 cannot be opened .* another program uses it\\. .*--l1-port\\.\\n$`),
			);
			assert.equal(ended.code, 1);
		} finally {
			socket.close();
		}
	});
});
