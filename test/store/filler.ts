// Commits until the disk takes no more, then says what the store said, and what it still holds. Its parent limits the size of its files.
import { writeSync } from "node:fs";
import { openStore } from "../../src/store/LmdbStore.ts";

const directory = process.argv[2] ?? "";
const store = await openStore({ directory, genesis: "g" });
let acknowledged = 0;
try {
	for (;;) {
		await store.commit([{ key: `key ${acknowledged}`, value: Buffer.alloc(100_000, acknowledged % 256) }]);
		acknowledged++;
	}
} catch (error) {
	const { code, message } = error as { code?: string; message: string };
	await store.close();
	writeSync(1, JSON.stringify({ acknowledged, code, message }));
}
