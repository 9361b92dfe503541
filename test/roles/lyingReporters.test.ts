import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { KeySigner } from "../../src/chain/KeySigner.ts";
import { PLACES, testWallet } from "../../src/chain/TestKeys.ts";
import * as Bytes from "../../src/machine/math/Bytes.ts";
import * as Messages from "../../src/machine/step/Messages.ts";
import * as Reporting from "../../src/machine/step/Reporting.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import type { MarketQuote, SurfaceQuote } from "../../src/ports/PriceSource.ts";
import { askerOf } from "../../src/roles/reporter/asking.ts";
import { RemoteReporter } from "../../src/roles/reporter/RemoteReporter.ts";
import { attestationDigest, proposalDigest } from "../../src/roles/reporter/Reporter.ts";
import { Bench, DAY, START } from "./circleBench.ts";

const DAYS = [DAY, DAY + 3, DAY + 10];

/** A circle over these days, and the reports of ETH that its machine took. */
function circle(sourceOf?: ConstructorParameters<typeof Bench>[3]): { bench: Bench; taken: Messages.Report[] } {
	const bench = new Bench(0, undefined, undefined, sourceOf);
	bench.days = DAYS;
	const taken: Messages.Report[] = [];
	bench.order.heard.push((_, payloads) => {
		const reports = payloads.map((payload) => Messages.parseReport(payload) as Messages.Report);
		taken.push(...reports.filter(({ underlying }) => underlying === 0));
	});
	return { bench, taken };
}

/** Reports go on, of all days or of these, and such that the machine takes them. */
async function goesOn({ bench, taken }: ReturnType<typeof circle>, days = DAYS): Promise<void> {
	await bench.runTo(START + 45, 5);
	assert.ok(taken.length >= 4, `${taken.length} reports in 45 seconds`);
	for (const report of taken) {
		assert.ok(report.time > START && report.time <= START + 45);
		assert.deepEqual(
			report.surfaces.map(({ day }) => day),
			days,
		);
		assert.ok(Reporting.isSound(report));
	}
}

const first =
	(lie: Partial<SurfaceQuote>) =>
	(seen: MarketQuote): MarketQuote => ({
		...seen,
		surfaces: seen.surfaces.map((surface, i) => (i === 0 ? { ...surface, ...lie } : surface)),
	});

describe("given a reporter, asked before all others, that answers something else", () => {
	const lies: Readonly<Record<string, (seen: MarketQuote) => MarketQuote>> = {
		"no day": (seen) => ({ ...seen, surfaces: [] }),
		"fewer days": (seen) => ({ ...seen, surfaces: seen.surfaces.slice(1) }),
		"a day that nobody asked for": first({ day: DAY + 1 }),
		"a day twice": (seen) => ({ ...seen, surfaces: [...seen.surfaces, ...seen.surfaces] }),
		"the days backwards": (seen) => ({ ...seen, surfaces: [...seen.surfaces].reverse() }),
		"another time": (seen) => ({ ...seen, time: seen.time - 40 }),
		"another underlying": (seen) => ({ ...seen, underlying: 1 - seen.underlying }),
		"no number for an index": (seen) => ({ ...seen, indexPrice: NaN }),
		"a negative index": (seen) => ({ ...seen, indexPrice: -1 }),
		"half a confidence": (seen) => ({ ...seen, confidence: 0.5 }),
		"no confidence": (seen) => ({ ...seen, confidence: 0 }),
		"no number in a smile": first({ m: NaN }),
		"a smile that the machine refuses": first({ rho: 1e9 }),
		"a forward of nothing": first({ forward: 0 }),
		"wings of its own": first({ rho: 0, m: 1e8 }),
	};
	for (const [name, lie] of Object.entries(lies))
		it(`makes reports all the same: ${name}`, async () => {
			const one = circle();
			one.bench.lies.set(0, lie);
			await goesOn(one);
			for (const { confidence } of one.taken) assert.equal(confidence, 1_000_000);
		});
});

describe("given a day that is listed, of which too few see anything", () => {
	const market = new SyntheticMarket(3, START);
	/** Of the last day, this many reporters see something. */
	const seenBy = (count: number): ReturnType<typeof circle> =>
		circle((place) => ({
			quote: (underlying, time, days) =>
				market.source(place + 1, 0.0002).quote(
					underlying,
					time,
					days.filter((day) => place < count || day !== DAYS[2]),
				),
		}));

	it("reports the other days, whether nobody does or four of seven", async () => {
		for (const count of [0, 2, 3, 4]) await goesOn(seenBy(count), DAYS.slice(0, 2));
	});

	it("reports it when a quorum does", () => goesOn(seenBy(5)));
});

describe("given a reporter elsewhere that signs with another key than its own", () => {
	it("takes its signatures for none, of a report and of a state, and says whose they are to be", async () => {
		const domain = new Uint8Array(32);
		const [own, another] = [0, 1].map((place) => new KeySigner(testWallet(PLACES.reporters + place).privateKey));
		const proposal: MarketQuote = { underlying: 0, time: START, indexPrice: 2_000_000_000, confidence: 1_000_000, surfaces: [] };
		const standing = { time: START, root: new Uint8Array(32).fill(7) };
		let signer = own;
		const server = createServer((request, response) => {
			let body = "";
			request.on("data", (part: Buffer) => (body += part.toString()));
			request.on("end", () => {
				const isReport = (JSON.parse(body) as { method: string }).method === "reporter/sign";
				const digest = isReport ? proposalDigest(domain, proposal) : attestationDigest(domain, standing);
				void signer
					.sign(digest)
					.then((signature) => response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: Bytes.toHex(signature) })));
			});
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		try {
			const asker = askerOf(own, domain, () => START);
			const remote = new RemoteReporter(0, own.address, url, domain, asker);
			assert.equal((await remote.sign(proposal))?.length, 65);
			assert.equal((await remote.attest(standing))?.length, 65);
			signer = another;
			const refused = new RegExp(`does not sign as ${own.address}`);
			await assert.rejects(remote.sign(proposal), refused);
			await assert.rejects(remote.attest(standing), refused);
		} finally {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		}
	});
});
