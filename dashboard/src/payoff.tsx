import type { JSX } from "preact";
import { Plot } from "./plot.tsx";
import type { Point } from "./plot.tsx";

/** A leg as requests for quotes name it. */
export type NamedLeg = { readonly direction: "buy" | "sell"; readonly amount: string; readonly instrument_name: string };

/** By how much the drawing goes beyond the outermost strikes. */
const BEYOND = 0.15;

const NAME = /^([A-Z]+)-(\d{1,2}[A-Z]{3}\d\d)-(\d+)-([CP])$/;

/**
 * What the legs together are worth at expiry, by spot: the corners of a line that is straight in between. Undefined where they have no such line: legs of
 * several underlyings or days, or a future, which is worth nothing by itself before it has a price.
 */
export function cornersOf(legs: readonly NamedLeg[]): Point[] | undefined {
	const options = legs.map(({ direction, amount, instrument_name }) => {
		const [, currency, day, strike, type] = NAME.exec(instrument_name) ?? [];
		return {
			market: `${currency} ${day}`,
			strike: Number(strike),
			isCall: type === "C",
			size: Number(amount) * (direction === "buy" ? 1 : -1),
		};
	});
	const [first] = options;
	if (!first || options.some(({ market, strike }) => market !== first.market || Number.isNaN(strike))) return undefined;
	const strikes = [...new Set(options.map(({ strike }) => strike))].sort((a, b) => a - b);
	const [low, high] = [strikes[0] * (1 - BEYOND), strikes[strikes.length - 1] * (1 + BEYOND)];
	return [low, ...strikes, high].map((x) => ({
		x,
		y: options.reduce((sum, { strike, isCall, size }) => sum + size * Math.max(0, isCall ? x - strike : strike - x), 0),
	}));
}

const dollars = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 0 });

/** In words, what a line shows. */
const wordsOf = (corners: readonly Point[]): string => corners.map(({ x, y }) => `${dollars(y)} at ${dollars(x)}`).join(", ");

/** The legs as one payoff; with `net`, what the taker pays for them in dollars, also what he earns. */
export function LegsPayoff({ legs, net }: { readonly legs: readonly NamedLeg[]; readonly net: string | undefined }): JSX.Element {
	const corners = cornersOf(legs);
	if (!corners) return <p class="quiet">Legs of one underlying and day, without its future, are drawn as one payoff.</p>;
	const earned = net === undefined ? undefined : corners.map(({ x, y }) => ({ x, y: y - Number(net) }));
	const lines = [
		{ name: "worth at expiry, USDC", points: corners, className: earned ? "worth" : "mine" },
		...(earned ? [{ name: "with the best quote", points: earned, className: "mine" }] : []),
	];
	return (
		<Plot
			label={`Payoff of all legs at expiry: ${wordsOf(corners)}${earned ? `; with the best quote ${wordsOf(earned)}` : ""}`}
			lines={lines}
			xFormat={dollars}
			yFormat={dollars}
			zero
		/>
	);
}

/** The same, small: for a row of a table. */
export function SmallPayoff({ legs }: { readonly legs: readonly NamedLeg[] }): JSX.Element | null {
	const corners = cornersOf(legs);
	if (!corners) return null;
	const ys = [0, ...corners.map(({ y }) => y)];
	const [low, high] = [Math.min(...ys), Math.max(...ys)];
	const [left, right] = [corners[0].x, corners[corners.length - 1].x];
	const px = (x: number): number => 2 + ((x - left) / (right - left)) * 76;
	const py = (y: number): number => 26 - ((y - low) / (high - low || 1)) * 24;
	return (
		<svg class="payoff" viewBox="0 0 80 28" role="img" aria-label={`Payoff at expiry: ${wordsOf(corners)}`}>
			<line class="zero" x1={2} x2={78} y1={py(0)} y2={py(0)} />
			<polyline class="line mine" points={corners.map(({ x, y }) => `${px(x)},${py(y)}`).join(" ")} />
		</svg>
	);
}
