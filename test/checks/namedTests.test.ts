import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tests } from "../../scripts/checks/docs.ts";

describe("given a document that names tests", () => {
	const readTest = (path: string): string => (path === "test/a.test.ts" ? 'it("pays once, whoever asks"' : "");

	it("reports a sentence that the test's file does not have, and a file that is not there", () => {
		const text = 'one `test/a.test.ts` "pays twice"\ntwo `test/b.test.ts` "pays once"';
		assert.deepEqual(
			tests("README.md", text, readTest).map(({ line }) => line),
			[1, 2],
		);
	});

	it("takes a part of the sentence", () => {
		assert.deepEqual(tests("README.md", '`test/a.test.ts` "pays once"', readTest), []);
	});
});
