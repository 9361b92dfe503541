import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import { TransactionManager } from "../../src/chain/TransactionManager.ts";
import * as ConfirmedState from "../../src/executor/ConfirmedState.ts";
import * as HonestChain from "../../src/executor/HonestChain.ts";
import type { Link } from "../../src/executor/HonestChain.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Machines from "../../src/machine/types/Machine.ts";
import { FollowedState } from "../../src/node/following/FollowedState.ts";
import { Liar } from "../../src/node/Liar.ts";
import { LyingHistory } from "../../src/node/LyingHistory.ts";
import { PrometheusMetrics } from "../../src/node/Metrics.ts";
import { obtain } from "../../src/node/snapshots/obtain.ts";
import type { ObtainOptions } from "../../src/node/snapshots/obtain.ts";
import { MemoryStore } from "../../src/store/MemoryStore.ts";
import { FaultyEndpoint } from "../chain/FaultyEndpoint.ts";
import { strikeproof } from "../cli/strikeproof.ts";
import { SILENT } from "../executor/liveProcessParts.ts";
import { World } from "../node/world.ts";
import { Killable } from "./Killable.ts";

/** A server of snapshots that answers as it is told. */
class Dishonest {
	readonly #server: Server;
	#answer: (path: string, response: ServerResponse) => void = () => undefined;
	/** Snapshots that were asked for. */
	asked = 0;
	url = "";

	private constructor() {
		this.#server = createServer(({ url = "" }, response) => {
			if (url !== "/snapshots") this.asked += 1;
			this.#answer(url, response);
		});
	}

	static async start(): Promise<Dishonest> {
		const one = new Dishonest();
		await new Promise<void>((resolve) => one.#server.listen(0, "127.0.0.1", resolve));
		one.url = `http://127.0.0.1:${(one.#server.address() as AddressInfo).port}`;
		return one;
	}

	/** Lists this assertion, and answers who asks for it. */
	gives(assertion: string, answer: (response: ServerResponse) => void): void {
		const list = JSON.stringify({ snapshots: [{ assertion, block: 1, bytes: 1 }] });
		this.#answer = (path, response) => void (path === "/snapshots" ? response.end(list) : answer(response));
	}

	lists(text: string, status = 200): void {
		this.#answer = (_, response) => void response.writeHead(status).end(text);
	}

	close(): Promise<void> {
		this.#server.closeAllConnections();
		return new Promise((resolve) => this.#server.close(() => resolve()));
	}
}

describe("EmptyNodeBeginsWithASnapshot", () => {
	let world: World;
	let home = "";
	let endpoint: FaultyEndpoint;
	let server: Dishonest;
	let confirmed = "";
	let snapshot = new Uint8Array(0);

	const record = (): string => `${world.exchange.url.replace("ws:", "http:")}/deployment.json`;
	const environment = (): Record<string, string> => ({ STRIKEPROOF_HOME: join(home, "nothing") });
	const watch = (data: string, ...from: readonly string[]): ReturnType<typeof strikeproof> =>
		strikeproof(
			["challenger", "--watch", "--once", "--json", "--rpc", endpoint.url, "--data", join(home, data), "--deployment", record()].concat(
				from.flatMap((one) => ["--sync-from", one]),
			),
			environment(),
		);
	const role = (name: string, from: string, ...more: readonly string[]): Killable =>
		new Killable(
			["src/cli/main.ts", "node", "--role", name, "--rpc", endpoint.url, "--data", join(home, name), "--deployment", record()]
				.concat(["--port", "0", "--sync-from", from])
				.concat(more),
			environment(),
		);

	/** What must follow the confirmed assertion, as the exchange derived it from the first batch. */
	async function linkBehind(): Promise<Link> {
		const { derived, game } = world.exchange;
		await derived.sync();
		const count = Math.min(derived.batchCount, await game.batchCount());
		const chain = await HonestChain.follow(await game.look(), derived, game.parameters.height, count, (parent, accumulator) =>
			game.gameId(parent, accumulator),
		);
		return chain.links.find(({ parent }) => parent.id === confirmed) as Link;
	}

	before(async () => {
		world = await World.start([PLACES.liar]);
		home = mkdtempSync(join(tmpdir(), "strikeproof-snapshot-"));
		[endpoint, server] = [await FaultyEndpoint.start(world.chain.url), await Dishonest.start()];
		await world.listed();
		const { exchange } = world;
		exchange.proposer.start();
		exchange.challenger.start();
		await world.until("two confirmed assertions and their snapshots", async () => {
			await world.mine(5);
			return exchange.shelf.list().length >= 2;
		});
		await exchange.proposer.stop();
		// What was asserted meanwhile is decided, so that whatever comes is the empty nodes' own.
		await world.until("every assertion's confirmation", async () => {
			await world.mine(5);
			const { assertions, latestConfirmed } = await exchange.game.look();
			confirmed = latestConfirmed;
			return [...assertions.values()].every(({ status }) => status === "confirmed");
		});
		await exchange.challenger.stop();
		await world.until("its snapshot", () => exchange.shelf.list()[0].assertion === confirmed);
		snapshot = readFileSync(
			join(
				world.home,
				"data",
				"snapshots",
				readdirSync(join(world.home, "data", "snapshots"))
					.sort()
					.at(-1) as string,
			),
		);
	});

	after(async () => {
		await world.close();
		await endpoint.close();
		await server.close();
		rmSync(home, { recursive: true, force: true });
	});

	/** What is said about what a server gives, which must be refused. */
	async function refusal(from = server.url, limits: Partial<ObtainOptions> = {}): Promise<string> {
		const said: string[] = [];
		const { provider } = world.chain;
		const found = await obtain({
			from: [from],
			provider,
			deployment: world.deployment,
			log: SILENT,
			say: (one) => said.push(one),
			...limits,
		});
		assert.equal(found, undefined, "it is refused");
		return said.join("\n");
	}

	it("given a server that is none, or lists none, it says so", async () => {
		assert.match(
			await refusal("http://127.0.0.1:1"),
			/refused, because it cannot be fetched \(.*ECONNREFUSED|because it cannot be fetched/,
		);
		server.lists("nothing here", 404);
		assert.match(await refusal(), /^the snapshot from 127\.0\.0\.1:\d+ is refused, because it serves none under that address$/);
		server.lists("busy", 503);
		assert.match(await refusal(), /because it answered 503/);
		for (const text of ["{", "[]", '{"snapshots":[{"assertion":"../../etc/passwd","bytes":1}]}', "null"]) {
			server.lists(text);
			assert.match(await refusal(), /because it answers with no list of snapshots/, text);
		}
		server.lists(" ".repeat(70_000));
		assert.match(await refusal(), /because it has more than 65536 bytes/);
		server.lists('{"snapshots":[]}');
		assert.match(await refusal(), /because it has none yet/);
		assert.match(await refusal(join(home, "nowhere")), /nowhere is refused, because there is no such file/);
	});

	it("given a snapshot that is cut short, changed, too long, endless or of another deployment, it is refused", async () => {
		const given = (bytes: Uint8Array): void => server.gives(confirmed, (response) => void response.end(bytes));
		given(snapshot.subarray(0, snapshot.length - 1));
		assert.match(await refusal(), /because it has \d+ bytes where it says that it has \d+/);
		server.gives(confirmed, (response) => {
			response.writeHead(200, { "content-length": snapshot.length });
			response.write(snapshot.subarray(0, 1000), () => response.destroy());
		});
		assert.match(await refusal(), /because it cannot be fetched/);
		server.gives(confirmed, (response) => void response.write(snapshot.subarray(0, 1000)));
		assert.match(await refusal(server.url, { idleMs: 300 }), /because it gave nothing for 0\.3 seconds/);
		const cell = 100 + Machines.LENGTH + 20;
		given(snapshot.map((byte, i) => (i === cell ? byte ^ 1 : byte)));
		assert.match(await refusal(), /because (its cells do not hash to the state root under the assertion|one of its cells cannot be read)/);
		given(snapshot.map((byte, i) => (i === 100 + 40 ? byte ^ 1 : byte)));
		assert.match(await refusal(), /because its machine is not the one that the assertion ends with/);
		given(snapshot.map((byte, i) => (i === 40 ? byte ^ 1 : byte)));
		assert.match(await refusal(), /because it is of another deployment, whose first assertion is 0x/);
		given(snapshot);
		assert.match(await refusal(server.url, { maxBytes: snapshot.length - 1 }), /because it has more than \d+ bytes/);
		server.gives(confirmed, (response) => {
			const more = (): void => void (!response.destroyed && response.write(new Uint8Array(65_536), more));
			more();
		});
		assert.match(await refusal(server.url, { maxBytes: 1_000_000 }), /because it has more than 1000000 bytes/);
		const file = join(home, "changed.snapshot");
		writeFileSync(file, snapshot.subarray(1));
		assert.match(await refusal(file), /because it is no snapshot of this version/);
	});

	it("given an assertion that L1 does not know, nothing is fetched", async () => {
		const { asked } = server;
		server.gives(`0x${"77".repeat(32)}`, (response) => void response.end(snapshot));
		assert.match(await refusal(), /because L1 knows no confirmed assertion 0x7777/);
		assert.equal(server.asked, asked);
	});

	it("given nothing but a false one, it derives everything from L1, and says so", async () => {
		server.gives(confirmed, (response) => void response.end(snapshot.map((byte, i) => (i === snapshot.length - 30 ? byte ^ 1 : byte))));
		const posted = world.exchange.derived.batchCount;
		const ended = await watch("alone", server.url);
		assert.equal(ended.code, 0, ended.error + ended.out);
		assert.match(ended.error, /is refused, because .*\nno snapshot can be used: everything is derived from L1\n/);
		assert.ok(Number(ended.json.executed) >= posted);
		assert.equal(ended.json.executed, ended.json.batches);
	});

	it("given a true one behind a false one, it begins there, and never asks for what was posted before", async () => {
		const whole = endpoint.count("eth_getTransactionByHash");
		const ended = await watch("fast", server.url, world.exchange.url);
		assert.equal(ended.code, 0, ended.error + ended.out);
		assert.match(
			ended.error,
			new RegExp(`begins with the snapshot from 127\\.0\\.0\\.1:\\d+, which L1 confirmed with assertion ${confirmed}`),
		);
		const { batch } = ConfirmedState.cursorOf(ConfirmedState.decode(snapshot));
		assert.ok(batch > 0);
		const read = endpoint.count("eth_getTransactionByHash") - whole;
		// The exchange goes on posting while it looks.
		const [executed, batches] = [Number(ended.json.executed), Number(ended.json.batches)];
		assert.ok(
			executed - batch <= read && read <= batches - batch,
			`${read} contents read of ${batches} batches, ${batch} before the snapshot`,
		);
	});

	it("given who follows the order and begins with it, he executes none of what was ordered before, and comes to the same state", async () => {
		const { exchange } = world;
		const parts = { provider: world.chain.provider, deployment: world.deployment, dataDirectory: join(home, "followed") };
		const said: string[] = [];
		const open = (from: string): Promise<FollowedState> =>
			FollowedState.open({
				...{ ...parts, sequencers: [exchange.url.replace("ws:", "http:")], syncFrom: [from] },
				...{ clock: world.clock, log: SILENT, metrics: new PrometheusMetrics(), say: (one: string) => said.push(one) },
				onDisagreement: () => Promise.reject(new Error("it disagrees with L1")),
			});
		const agrees = (state: FollowedState): Promise<void> =>
			world.until("the same state, and batches that agree", () => {
				const root = state.live.height > begun ? exchange.live.rootAtHeight(state.live.height) : undefined;
				return root !== undefined && state.live.batchCount > posted && Bytes.equal(root, state.live.stateRoot());
			});
		const followed = await open(exchange.url);
		const [begun, posted] = [followed.live.height, followed.live.batchCount];
		assert.ok(begun > 0 && posted > 0, `it begins at height ${begun}, behind ${posted} batches`);
		assert.match(said.join("\n"), new RegExp(`follows the order from height ${begun} on, where L1's batch ${posted - 1} ends`));
		assert.equal(followed.live.rootAtHeight(begun - 1), undefined);
		followed.start();
		await agrees(followed);
		await followed.stop();
		// What it has it goes on from, whoever gave the snapshot.
		const again = await open("http://127.0.0.1:1");
		again.start();
		await agrees(again);
		await again.stop();
	});

	it("given a batcher that begins with it, it posts what the sequencer's own would have", async () => {
		const { exchange } = world;
		await exchange.batcher.stop();
		const { batchCount } = exchange.live;
		const batcher = role("batcher", exchange.url, "--sequencer", exchange.url.replace("ws:", "http:"));
		await batcher.start(/follows the order from height [1-9]/);
		await world.until("two batches that agree", () => exchange.live.batchCount > batchCount + 1);
		assert.equal(await batcher.stop(), 0);
		exchange.batcher.start();
	});

	it("verifies one for an operator and keeps it, and writes over nothing", async () => {
		const common = ["--rpc", endpoint.url, "--deployment", record(), "--json"];
		const file = join(home, "kept.snapshot");
		const verified = await strikeproof(["snapshot", "verify", world.exchange.url, "--out", file, ...common], environment());
		assert.equal(verified.code, 0, verified.error);
		assert.equal(verified.json.assertion, confirmed);
		assert.deepEqual(new Uint8Array(readFileSync(file)), new Uint8Array(snapshot));
		assert.equal((await strikeproof(["snapshot", "verify", file, "--out", file, ...common], environment())).code, 2);
		const refused = await strikeproof(["snapshot", "verify", join(home, "changed.snapshot"), ...common], environment());
		assert.equal(refused.code, 1);
		assert.match(refused.error, /is refused, because/);
	});

	it("given a proposer that begins with that file, it asserts what the whole history gives, which is too new to begin with", async () => {
		const proposer = role("proposer", join(home, "kept.snapshot"));
		assert.match(await proposer.start(/begins with/), /begins with the snapshot from .*kept\.snapshot/);
		await world.until("its assertion", async () => {
			await world.mine(2);
			const { assertions } = await world.exchange.game.look();
			return [...assertions.values()].some(({ parent }) => parent === confirmed);
		});
		await proposer.stop();
		const { assertions } = await world.exchange.game.look();
		const made = [...assertions.values()].filter(({ parent }) => parent === confirmed);
		assert.deepEqual(
			made.map(({ id, status }) => [id, status]),
			[[(await linkBehind()).honestId, "pending"]],
		);
		server.gives(made[0].id, (response) => void response.end(snapshot));
		assert.match(await refusal(), /because its assertion is not confirmed on L1 yet/);
	});

	it("given a lie behind the snapshot, a challenger that began with it and was killed meanwhile defeats the lie alone", async (t) => {
		const { game } = world.exchange;
		const link = await linkBehind();
		const lieStep = Math.floor(link.history.stepCount / 2);
		const sender = new TransactionManager({
			provider: world.chain.provider,
			wallet: testWallet(PLACES.liar),
			store: new MemoryStore(),
			log: SILENT,
		});
		const liar = new Liar(game, sender, await LyingHistory.tell(link.history, lieStep, 3), link.start, link.parent);
		assert.equal((await liar.lie()).status, "mined");
		const said = /challenger runs/;
		const challenger = role("challenger", world.exchange.url);
		await challenger.start(said);
		const proven = async (): Promise<number> => [...(await game.look()).edges.values()].filter(({ move }) => move === "proven").length;
		const moved = async (): Promise<number> => [...(await game.look()).edges.values()].filter(({ move }) => move !== "none").length;
		await world.until("half of the game", async () => {
			await liar.play();
			return (await moved()) >= 12;
		});
		await challenger.kill();
		// Who gave the snapshot is not needed again.
		const survivor = role("challenger", "http://127.0.0.1:1");
		await survivor.start(said);
		await world.until("the lie's end", async () => {
			await liar.play();
			if ((await proven()) > 0) await world.mine(2);
			const { assertions, stakes } = await game.look();
			return assertions.get(liar.assertion)?.status === "rejected" && !stakes.has(testWallet(PLACES.liar).address.toLowerCase());
		});
		await survivor.stop();
		const { assertions } = await game.look();
		assert.equal(assertions.get(link.honestId)?.status, "confirmed");
		t.diagnostic(
			`a lie about step ${lieStep} of ${link.history.stepCount}; it was proven by a node that read nothing before batch ${ConfirmedState.cursorOf(ConfirmedState.decode(snapshot)).batch}`,
		);
	});
});
