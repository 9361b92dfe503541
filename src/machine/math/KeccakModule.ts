// keccak-f[1600] as a WebAssembly module, assembled here from the definition of the permutation. A library's hasher spends as long on entering and leaving as on
// the permutation itself; a Merkle path is nothing but permutations, so here the state stays in locals and the bytes in one memory.
//
// Memory: state 200 bytes at 0, round constants 192 bytes at 256, input from 512 on.

/** Where the 25 lanes of the state are, little-endian; the first four are the hash. */
export const STATE_AT = 0;
const ROUND_CONSTANTS_AT = 256;
/** Where whole blocks of input are put. */
export const INPUT_AT = 512;
export const MEMORY_BYTES = 65_536;
/** Bytes absorbed by one permutation in keccak256. */
export const RATE_BYTES = 136;
const RATE_LANES = 17;
const LANES = 25;
const ROUNDS = 24;

/** Offsets of rho, by lane x + 5 y. */
const ROTATIONS: readonly number[] = [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

/** Round constants from the linear feedback register of the definition: x^8 + x^6 + x^5 + x^4 + 1. */
function roundConstants(): bigint[] {
	let register = 1;
	return Array.from({ length: ROUNDS }, () => {
		let constant = 0n;
		for (let bit = 0; bit < 7; bit++) {
			if ((register & 1) === 1) constant |= 1n << BigInt(2 ** bit - 1);
			register = (register & 128) !== 0 ? ((register << 1) ^ 0x171) & 255 : register << 1;
		}
		return constant;
	});
}

// Parameters and locals of the one function.
const BLOCKS = 0;
const INPUT = 1;
const CONTINUES = 2;
const ROUND = 3;
const A = 4;
const B = A + LANES;
const C = B + LANES;
const D = C + 5;
/** Of the vector's rotation. */
const ROTATED = D + 1;

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;
const Op = {
	loop: 0x03,
	if: 0x04,
	end: 0x0b,
	branchIf: 0x0d,
	get: 0x20,
	set: 0x21,
	tee: 0x22,
	load64: 0x29,
	store64: 0x37,
	const32: 0x41,
	const64: 0x42,
	ltU32: 0x49,
	add32: 0x6a,
	sub32: 0x6b,
	and64: 0x83,
	or64: 0x84,
	xor64: 0x85,
	rotl64: 0x89,
	vector: 0xfd,
} as const;
/** Behind Op.vector. */
const Vector = {
	load: 0,
	splat64: 0x0a,
	store: 0x0b,
	constant: 0x0c,
	andNot: 0x4f,
	or: 0x50,
	xor: 0x51,
	shl64: 0xcb,
	shrU64: 0xcd,
} as const;
const VOID = 0x40;

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
	const bytes: number[] = [];
	let rest = value;
	for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
	bytes.push(rest);
	return bytes;
}

/** Signed LEB128 of a number that is not negative. */
function signed(value: number): number[] {
	const bytes: number[] = [];
	let rest = value;
	for (; rest >= 64; rest >>= 7) bytes.push((rest & 127) | 128);
	bytes.push(rest);
	return bytes;
}

const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const name = (text: string): number[] => [text.length, ...Array.from(text, (letter) => letter.charCodeAt(0))];
const get = (local: number): number[] => [Op.get, ...unsigned(local)];
const set = (local: number): number[] => [Op.set, ...unsigned(local)];
/** Pushes the lane at `offset` behind the address that is on the stack. */
const load = (offset: number): number[] => [Op.load64, 3, ...unsigned(offset)];

const vector = (operation: number): number[] => [Op.vector, ...unsigned(operation)];

/** What a lane is made of: one state's 64 bits, or those of two states side by side. Each is code that leaves its result on the stack. */
type Lanes = {
	readonly xor: readonly number[];
	/** Rotates the lane on the stack to the left, by 1 .. 62. */
	readonly rotate: (by: number) => number[];
	/** not one and two. */
	readonly notAnd: (one: number, two: number) => number[];
	/** Pushes the round's constant. */
	readonly constant: readonly number[];
};

const SCALAR: Lanes = {
	xor: [Op.xor64],
	rotate: (by) => [Op.const64, ...signed(by), Op.rotl64],
	// (one or two) xor one
	notAnd: (one, two) => [...get(one), ...get(two), Op.or64, ...get(one), Op.xor64],
	constant: [...get(ROUND), ...load(ROUND_CONSTANTS_AT)],
};

const PAIRED: Lanes = {
	xor: vector(Vector.xor),
	rotate: (by) => [
		...[Op.tee, ...unsigned(ROTATED), Op.const32, ...signed(by), ...vector(Vector.shl64)],
		...[...get(ROTATED), Op.const32, ...signed(64 - by), ...vector(Vector.shrU64), ...vector(Vector.or)],
	],
	notAnd: (one, two) => [...get(two), ...get(one), ...vector(Vector.andNot)],
	constant: [...get(ROUND), ...vector(Vector.splat64), 3, ...unsigned(ROUND_CONSTANTS_AT)],
};

/** One round on the lanes A: theta, rho and pi into B, chi back into A, iota. */
function round({ xor, rotate, notAnd, constant }: Lanes): number[] {
	const code: number[] = [];
	for (let x = 0; x < 5; x++) {
		code.push(...get(A + x));
		for (let y = 1; y < 5; y++) code.push(...get(A + x + 5 * y), ...xor);
		code.push(...set(C + x));
	}
	for (let x = 0; x < 5; x++) {
		code.push(...get(C + ((x + 4) % 5)), ...get(C + ((x + 1) % 5)), ...rotate(1), ...xor, ...set(D));
		for (let y = 0; y < 5; y++) {
			const from = x + 5 * y;
			code.push(...get(A + from), ...get(D), ...xor);
			if (ROTATIONS[from] !== 0) code.push(...rotate(ROTATIONS[from]));
			code.push(...set(B + y + 5 * ((2 * x + 3 * y) % 5)));
		}
	}
	for (let y = 0; y < 5; y++) {
		for (let x = 0; x < 5; x++) {
			const [one, two] = [B + ((x + 1) % 5) + 5 * y, B + ((x + 2) % 5) + 5 * y];
			code.push(...get(B + x + 5 * y), ...notAnd(one, two), ...xor, ...set(A + x + 5 * y));
		}
	}
	return [...code, ...get(A), ...constant, ...xor, ...set(A)];
}

/** The 24 rounds. */
function permutation(lanes: Lanes): number[] {
	return [
		...[Op.const32, 0, ...set(ROUND), Op.loop, VOID, ...round(lanes)],
		...[...get(ROUND), Op.const32, 8, Op.add32, Op.tee, ...unsigned(ROUND)],
		...[Op.const32, ...signed(8 * ROUNDS), Op.ltU32, Op.branchIf, 0, Op.end],
	];
}

/** Code of a function whose lanes are of this type, with what it needs beside its parameters. */
function functionOf(code: readonly number[], lane: number): number[] {
	const locals = [2, 1, I32, ...unsigned(2 * LANES + 5 + 2), lane];
	const body = [...locals, ...code, Op.end];
	return [...unsigned(body.length), ...body];
}

/** absorb(blocks, input, continues): absorbs whole blocks from `input` on into the state, which starts as zero unless it continues. */
function absorb(): number[] {
	const zero = [Op.const32, 0];
	const code: number[] = [...get(CONTINUES), Op.if, VOID];
	for (let lane = 0; lane < LANES; lane++) code.push(...zero, ...load(STATE_AT + 8 * lane), ...set(A + lane));
	code.push(Op.end, Op.loop, VOID);
	for (let lane = 0; lane < RATE_LANES; lane++) code.push(...get(A + lane), ...get(INPUT), ...load(8 * lane), Op.xor64, ...set(A + lane));
	code.push(...permutation(SCALAR));
	code.push(...get(INPUT), Op.const32, ...signed(RATE_BYTES), Op.add32, ...set(INPUT));
	code.push(...get(BLOCKS), Op.const32, 1, Op.sub32, Op.tee, ...unsigned(BLOCKS), Op.branchIf, 0, Op.end);
	for (let lane = 0; lane < LANES; lane++) code.push(...zero, ...get(A + lane), Op.store64, 3, ...unsigned(STATE_AT + 8 * lane));
	return functionOf(code, I64);
}

/**
 * pairs(_, input, _): the hashes of two texts of 64 bytes at once. From `input` on their lanes stand in turn, the first's, the second's; so do the hashes' in the state. Both texts are one block each, whose padding is
 * constant.
 */
function pairs(): number[] {
	const padded = (lane: number): number[] => {
		const bytes = lane === 8 ? [1, 0, 0, 0, 0, 0, 0, 0] : lane === RATE_LANES - 1 ? [0, 0, 0, 0, 0, 0, 0, 128] : [0, 0, 0, 0, 0, 0, 0, 0];
		return [...vector(Vector.constant), ...bytes, ...bytes];
	};
	const code: number[] = [];
	for (let lane = 0; lane < LANES; lane++)
		code.push(...(lane < 8 ? [...get(INPUT), ...vector(Vector.load), 3, ...unsigned(16 * lane)] : padded(lane)), ...set(A + lane));
	code.push(...permutation(PAIRED));
	for (let lane = 0; lane < 4; lane++)
		code.push(Op.const32, 0, ...get(A + lane), ...vector(Vector.store), 3, ...unsigned(STATE_AT + 16 * lane));
	return functionOf(code, V128);
}

function assemble(): Uint8Array {
	return Uint8Array.from([
		...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
		...section(1, [1, 0x60, 3, I32, I32, I32, 0]),
		...section(3, [2, 0, 0]),
		...section(5, [1, 0, 1]),
		...section(7, [3, ...name("memory"), 2, 0, ...name("absorb"), 0, 0, ...name("pairs"), 0, 1]),
		...section(10, [2, ...absorb(), ...pairs()]),
	]);
}

type Exports = {
	readonly memory: { readonly buffer: ArrayBuffer };
	absorb(blocks: number, input: number, continues: number): void;
	pairs(unused: number, input: number, unusedToo: number): void;
};
type Runtime = { instantiate(bytes: Uint8Array): Promise<{ instance: { exports: unknown } }> };

/** The instance, with its round constants in place. */
export async function instantiate(): Promise<Exports> {
	const { WebAssembly } = globalThis as unknown as { WebAssembly: Runtime };
	const exports = (await WebAssembly.instantiate(assemble())).instance.exports as Exports;
	const constants = new DataView(exports.memory.buffer, ROUND_CONSTANTS_AT, 8 * ROUNDS);
	for (const [i, constant] of roundConstants().entries()) constants.setBigUint64(8 * i, constant, true);
	return exports;
}
