/** Volatility a year at which Black's formula without discounting gives `price`, in the unit of strike and forward; undefined when none between 0.001 and 10 does. */
export function impliedVolatility(
	option: { readonly strike: number; readonly isCall: boolean },
	forward: number,
	years: number,
	price: number,
): number | undefined {
	const { strike, isCall } = option;
	const logMoneyness = Math.log(forward / strike);
	// By parity, the value of whichever of call and put is out of the money: nothing is lost to cancellation.
	const extrinsic = price - Math.max(0, isCall ? forward - strike : strike - forward);
	const worth = (volatility: number): number => {
		const total = volatility * Math.sqrt(years);
		const d1 = logMoneyness / total + total / 2;
		return forward <= strike ? forward * normal(d1) - strike * normal(d1 - total) : strike * normal(total - d1) - forward * normal(-d1);
	};
	let [low, high] = [0.001, 10];
	if (!(extrinsic > worth(low)) || !(extrinsic < worth(high))) return undefined;
	for (let i = 0; i < 60; i++) {
		const middle = (low + high) / 2;
		if (worth(middle) < extrinsic) low = middle;
		else high = middle;
	}
	return (low + high) / 2;
}

/** The standard normal distribution by the continued fraction of its tail, and by its series near the middle: relative error below 1e-10. */
function normal(x: number): number {
	const size = Math.abs(x);
	const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
	let tail: number;
	if (size < 3) {
		let [term, sum] = [size, size];
		for (let n = 1; n < 60; n++) {
			term *= (size * size) / (2 * n + 1);
			sum += term;
		}
		tail = 0.5 - density * sum;
	} else {
		let fraction = size;
		for (let n = 60; n >= 1; n--) fraction = size + n / fraction;
		tail = density / fraction;
	}
	return x > 0 ? 1 - tail : tail;
}
