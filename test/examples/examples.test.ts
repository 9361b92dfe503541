import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileOf } from "../../src/chain/Deployment.ts";
import { World } from "../node/world.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "examples");
/** What each must have written when it ends. */
const SAYS: Readonly<Record<string, RegExp>> = {
	"01": /^ETH at \d+[\s\S]*-C .*iv \d+\.\d %.*delta 0\.\d{3}[\s\S]*^BTC at/m,
	"02": /^account \d+ of 0x\w{40} has \d+ USDC$/m,
	"03": /order \d+ is message \d+: Rested[\s\S]*is smaller: \w+[\s\S]*is open, with 0\.4 left[\s\S]*label 3: Ok/,
	"04": /protection: Ok[\s\S]*switch: Ok[\s\S]*bid at \d+ ticks: Rested[\s\S]*2 quotes stand, protected beyond 5 ETH/,
	"05": /[1-9]\d* messages, 0 gaps/,
	"06": /a short call: margin [1-9][\s\S]*a short straddle: margin [1-9][\s\S]*a synthetic long: margin [1-9]/,
	"07": /refused: bad_signature[\s\S]*taken: true, and then InsufficientMargin[\s\S]*taken: true, and then Rested/,
	"08": /session: Ok[\s\S]*places: Rested[\s\S]*cancels: Ok[\s\S]*withdraws: OutOfScope[\s\S]*taken away: Ok/,
	"09": /receipt \d+ is signed by 0x\w{40}, who has [1-9]\d* wei at stake[\s\S]*record \d+ of batch \d+[\s\S]*holds account \d+ with [1-9]\d* micro-USDC/,
	"10": /message \d+: Ok[\s\S]*is paid: 25 USDC/,
};

describe("given a node, and the examples", () => {
	let world: World;
	let mining: Promise<void>;
	let isOver = false;

	before(async () => {
		world = await World.start([60]);
		await world.listed();
		world.exchange.proposer.start();
		world.exchange.challenger.start();
		mining = (async () => {
			while (!isOver) {
				await world.mine(3);
				await new Promise((resolve) => setTimeout(resolve, 200));
			}
		})();
	});

	after(async () => {
		isOver = true;
		await mining;
		await world.close();
	});

	const files = readdirSync(FOLDER).filter((name) => /^\d\d-/.test(name));

	it("has one for each number", () => {
		assert.deepEqual(
			files.map((name) => name.slice(0, 2)),
			Object.keys(SAYS).sort(),
		);
	});

	for (const file of files) {
		it(`${file} runs to its end and says what it should`, async () => {
			const child = spawn(process.execPath, [join(FOLDER, file)], {
				env: {
					...process.env,
					STRIKEPROOF_URL: world.exchange.url,
					STRIKEPROOF_L1: world.chain.url,
					STRIKEPROOF_DEPLOYMENT: fileOf(world.home, "embedded"),
				},
			});
			let [out, error] = ["", ""];
			child.stdout.on("data", (data) => (out += String(data)));
			child.stderr.on("data", (data) => (error += String(data)));
			const code = await new Promise((resolve) => child.once("close", resolve));
			assert.equal(code, 0, out + error);
			assert.match(out, SAYS[file.slice(0, 2)]);
		});
	}
});
