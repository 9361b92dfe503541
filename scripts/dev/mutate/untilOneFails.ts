// A reporter of node:test that ends the process with status 1 at the first test that fails, and with 0 when all are done: what comes behind would tell nothing more.

import type { TestEvent } from "node:test/reporters";

export default async function* untilOneFails(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
	let passed = 0;
	for await (const { type } of events) {
		if (type === "test:fail") process.exit(1);
		if (type === "test:pass") passed += 1;
	}
	// Nothing that ran held nothing.
	process.exit(passed > 0 ? 0 : 1);
	yield "";
}
