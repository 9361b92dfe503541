// Every role but the challenger, over an L1 that the parent process holds. Its parent kills it without warning: node nodeProcess.ts <home> <L1 url>.
import { writeSync } from "node:fs";
import { join } from "node:path";
import * as Deployments from "../../src/chain/Deployment.ts";
import { connect } from "../../src/chain/Networks.ts";
import { SyntheticMarket } from "../../src/market/SyntheticMarket.ts";
import { MovableClock } from "../../src/node/Clock.ts";
import { Exchange } from "../../src/node/Exchange.ts";
import { openLog } from "../../src/node/Log.ts";
import { PrometheusMetrics } from "../../src/node/Metrics.ts";
import { DAY, START } from "../node/world.ts";

const [, , home, url] = process.argv as [string, string, string, string];
const provider = await connect("localhost", url);
provider.pollingInterval = 50;
const clock = new MovableClock((await provider.getBlock("latest"))?.timestamp ?? START);
const exchange = await Exchange.open({
	provider,
	l1Url: url,
	deployment: Deployments.load(home, "embedded"),
	dataDirectory: join(home, "data"),
	market: new SyntheticMarket(1, START),
	clock,
	log: openLog(join(home, "node.log")),
	metrics: new PrometheusMetrics(),
	host: "127.0.0.1",
	port: 0,
	days: [DAY],
	strikesPerSide: 1,
});
await exchange.start();
exchange.proposer.start();
writeSync(1, `${exchange.url}\n`);
// The parent moves L1's time; the clock must not stay behind it.
for (;;) {
	clock.moveTo((await provider.getBlock("latest"))?.timestamp ?? 0);
	await new Promise((resolve) => setTimeout(resolve, 100));
}
