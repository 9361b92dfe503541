import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compare } from "../../scripts/checks/twins/compare.ts";
import { readSolidity } from "../../scripts/checks/twins/solidity.ts";
import { readTypeScript } from "../../scripts/checks/twins/typescript.ts";

const SOLIDITY = `
enum Result { Ok, Halted }
struct Order { uint256 price; uint256 size; }
uint256 constant MAX_SIZE = 1_048_575;
bytes32 constant TAG = keccak256("strikeproof.machine.v1");
library Orders {
    int256 internal constant ONE = int256(1) << 60;
    uint256 internal constant LIMIT = type(uint40).max;
    function insert(Order memory order) internal pure {}
    function remove_(Order memory order) internal pure {}
    function _hidden() private pure {}
}`;

const TYPESCRIPT = `
export const Result = { Ok: 0, Halted: 1 } as const;
export type Order = { price: number; size: number };
export const MAX_SIZE = 2 ** 20 - 1;
const TAG: Uint8Array = Keccak.hashText("strikeproof.machine.v1");
export const ONE = 1n << BITS;
const BITS = 60n;
export const LIMIT = 0xffffffffff;
export function insert(order: Order): void {}
export function remove(order: Order): void {}
function own() {}`;

/** Names that differ when one twin is changed. */
function differing(solidity: string, typescript: string): string[] {
	const left = readSolidity("contracts/machine/Orders.sol", solidity);
	const right = readTypeScript("src/machine/Orders.ts", typescript);
	return compare("machine/Orders", left, right, { solidity: [left], typescript: [right] }).map(({ name }) => name);
}

describe("given twins that agree", () => {
	it("finds nothing, whatever notation their values are in", () => assert.deepEqual(differing(SOLIDITY, TYPESCRIPT), []));
});

describe("given a change in one twin", () => {
	const changes: readonly (readonly [what: string, from: string, to: string, name: string])[] = [
		["a constant's value", "1_048_575", "1_048_576", "MAX_SIZE"],
		["a constant inside an operation", "<< 60", "<< 61", "ONE"],
		["a width", "uint40", "uint32", "LIMIT"],
		["a tag", "machine.v1", "machine.v2", "TAG"],
		["an enum's order", "Ok, Halted", "Halted, Ok", "Result"],
		["an enum's length", "Ok, Halted", "Ok, Halted, Junk", "Result"],
		["a field's name", "uint256 size;", "uint256 lots;", "Order"],
		["a field's place", "uint256 price; uint256 size;", "uint256 size; uint256 price;", "Order"],
		["a function's name", "function insert", "function add", "insert"],
	];
	for (const [what, from, to, name] of changes) {
		it(`names ${what}`, () => {
			assert.ok(SOLIDITY.includes(from));
			assert.ok(differing(SOLIDITY.replace(from, to), TYPESCRIPT).includes(name));
		});
	}

	it("names a function that changed places", () => {
		const [insert, remove] = ["export function insert(order: Order): void {}", "export function remove(order: Order): void {}"];
		assert.deepEqual(differing(SOLIDITY, TYPESCRIPT.replace(insert, "").replace(remove, `${remove}\n${insert}`)), ["insert"]);
	});

	it("names what only one twin shows", () => {
		assert.deepEqual(differing(SOLIDITY, TYPESCRIPT.replace("function own", "export function own")), ["own"]);
		assert.deepEqual(differing(SOLIDITY.replace("_hidden() private", "shown() internal"), TYPESCRIPT), ["shown"]);
	});

	it("says so when it cannot compare a value", () => {
		assert.deepEqual(differing(SOLIDITY.replace("1_048_575", "block.number"), TYPESCRIPT), ["MAX_SIZE"]);
	});
});
