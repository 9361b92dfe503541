// SIDE=buy INSTRUMENT=ETH-25DEC26-4000-C AMOUNT=1 PRICE=120 npx hardhat run scripts/trade.ts --network localhost

import { lotsPerUnit, tickSize } from "../src/machine/Constants.ts";
import * as Series from "../src/machine/types/Series.ts";
import { isExecuted } from "../src/sdk/index.ts";
import * as Decimal from "../src/wire/Decimal.ts";
import * as Names from "../src/wire/Names.ts";
import { atDesk, needed } from "./Desk.ts";

await atDesk(async (desk) => {
	const side = ["buy", "sell"].indexOf(needed("SIDE", "buy"));
	if (side < 0) throw new Error("SIDE is buy or sell.");
	const name = needed("INSTRUMENT", "ETH-25DEC26-4000-C");
	const series = Names.seriesOf(name);
	if (series === undefined) throw new Error(`INSTRUMENT=${name} is not like ETH-25DEC26-4000-C.`);
	const underlying = Series.underlyingOf(series);
	const size = Decimal.parse(needed("AMOUNT", "1"), lotsPerUnit(underlying));
	const price = Decimal.parse(needed("PRICE", "120"), Decimal.MICRO);
	if (!size || !price || price % tickSize(underlying) !== 0) {
		const [lot, tick] = [Decimal.format(1, lotsPerUnit(underlying)), Decimal.format(tickSize(underlying), Decimal.MICRO)];
		throw new Error(`AMOUNT is a multiple of ${lot}, and PRICE one of ${tick}.`);
	}
	const ack = await (await desk.trader()).place({ series, side, price: price / tickSize(underlying), size });
	if (!isExecuted(ack)) throw new Error(`The exchange refused it: ${ack.result} (sequence ${ack.sequence}).`);
	return `Order ${ack.order}: ${ack.filled} lots filled, ${ack.remaining} left, ${ack.final} (sequence ${ack.sequence}).`;
});
