import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cycles, importsOf, wrongArrow, wrongPackage } from "../../scripts/checks/floors.ts";

describe("given an import between two files", () => {
	it("refuses the way up", () => assert.match(String(wrongArrow("src/machine/Result.ts", "src/protocol/Edge.ts")), /upwards/));
	it("refuses the way sideways", () => assert.match(String(wrongArrow("src/store/LmdbStore.ts", "src/chain/Reader.ts")), /sideways/));
	it("refuses one role in another", () =>
		assert.match(String(wrongArrow("src/roles/proposer/decide.ts", "src/roles/challenger/rules.ts")), /sideways/));
	it("refuses a role in what all roles share", () =>
		assert.match(String(wrongArrow("src/roles/Loop.ts", "src/roles/keeper/view.ts")), /sideways/));
	it("refuses contract types outside chain", () =>
		assert.match(String(wrongArrow("src/sdk/index.ts", "typechain-types/Inbox.ts")), /only chain may/));
	it("refuses tests and scripts in the product", () =>
		assert.match(String(wrongArrow("src/node/Node.ts", "scripts/dev/test.ts")), /may not/));

	it("lets it go down, stay inside, or come from what the roles share", () => {
		assert.equal(wrongArrow("src/roles/proposer/decide.ts", "src/ports/Chain.ts"), undefined);
		assert.equal(wrongArrow("src/machine/step/Machine.ts", "src/machine/Result.ts"), undefined);
		assert.equal(wrongArrow("src/roles/proposer/proposer.ts", "src/roles/Loop.ts"), undefined);
		assert.equal(wrongArrow("src/chain/Reader.ts", "typechain-types/Inbox.ts"), undefined);
	});
});

describe("given an import of a package", () => {
	it("refuses ethers outside chain and the SDK", () => assert.match(String(wrongPackage("executor", "ethers")), /only chain, sdk may/));
	it("refuses a part of a package as the whole", () => assert.match(String(wrongPackage("wire", "ethers/crypto")), /ethers/));
	it("refuses Node's modules on the floors below", () => assert.match(String(wrongPackage("machine", "node:fs")), /through a port/));
	it("lets a room have its own", () => assert.equal(wrongPackage("chain", "ethers"), undefined));
});

describe("given a file's text", () => {
	it("sees every form of import", () => {
		const text = `import a from "./a.ts"; import type { B } from "./b.ts"; export * from "./c.ts"; const d = await import("./d.ts"); type E = import("./e.ts").E; import "./f.ts";`;
		const found = importsOf("x.ts", text);
		assert.deepEqual(
			found.map(({ target }) => target),
			["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts"],
		);
		assert.deepEqual(
			found.filter(({ typeOnly }) => typeOnly).map(({ target }) => target),
			["./b.ts", "./e.ts"],
		);
	});
});

describe("given a graph of imports", () => {
	it("names those in a circle and nobody else", () => {
		const graph = new Map([
			["a", ["b"]],
			["b", ["c"]],
			["c", ["a"]],
			["d", ["a"]],
		]);
		assert.deepEqual(cycles(graph), [["a", "b", "c"]]);
		assert.deepEqual(cycles(new Map([["a", ["b"]]])), []);
	});
});
