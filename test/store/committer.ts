// Commits two keys that must stay equal, for ever, and prints each number once it is acknowledged. Its parent kills it.
import { writeSync } from "node:fs";
import { openStore } from "../../src/store/LmdbStore.ts";

const store = await openStore({ directory: process.argv[2], genesis: "g" });
for (let n = Number(Buffer.from(store.get("left") ?? []).toString() || 0) + 1; ; n++) {
	const value = Buffer.from(String(n));
	await store.commit([
		{ key: "left", value },
		{ key: "padding", value: Buffer.alloc(10_000, n % 256) },
		{ key: "right", value },
	]);
	writeSync(1, `${n}\n`);
}
