import type { ComponentChildren, JSX } from "preact";

export type Point = { readonly x: number; readonly y: number };
export type Line = { readonly name: string; readonly points: readonly Point[]; readonly className: string };
export type Whisker = { readonly x: number; readonly low: number | undefined; readonly high: number | undefined };

const WIDTH = 560;
const HEIGHT = 240;
const LEFT = 56;
const BOTTOM = 28;
const TOP = 10;
const RIGHT = 12;
/** A line of no more points than this shows each of them. */
const FEW_POINTS = 24;

/** Round numbers between two, about so many. */
export function ticksBetween(low: number, high: number, count = 5): number[] {
	const raw = (high - low) / count;
	if (!(raw > 0)) return [low];
	const magnitude = 10 ** Math.floor(Math.log10(raw));
	const step = ([1, 2, 5, 10].find((one) => one * magnitude >= raw) ?? 10) * magnitude;
	const ticks: number[] = [];
	for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step)
		ticks.push(Math.abs(tick) < step * 1e-9 ? 0 : tick);
	return ticks;
}

/** A line plot with axes. `label` says in words what it shows, for those who do not see it. */
export function Plot(props: {
	readonly label: string;
	readonly lines: readonly Line[];
	readonly whiskers?: readonly Whisker[];
	readonly xFormat: (x: number) => string;
	readonly yFormat: (y: number) => string;
	readonly marks?: readonly { readonly x: number; readonly name: string }[];
	readonly zero?: boolean;
	readonly children?: ComponentChildren;
}): JSX.Element {
	const { label, lines, whiskers = [], xFormat, yFormat, marks = [], zero = false } = props;
	const points = lines.flatMap((line) => line.points);
	const ys = [...points.map(({ y }) => y), ...whiskers.flatMap(({ low, high }) => [low, high]), zero ? 0 : undefined].filter(
		(y): y is number => y !== undefined && Number.isFinite(y),
	);
	const xs = [...points.map(({ x }) => x), ...whiskers.map(({ x }) => x)];
	if (xs.length === 0 || ys.length === 0) return <p class="quiet">{label}: UNKNOWN</p>;
	const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
	const margin = (Math.max(...ys) - Math.min(...ys)) * 0.08 || Math.abs(ys[0]) * 0.1 || 1;
	const [y0, y1] = [Math.min(...ys) - margin, Math.max(...ys) + margin];
	const px = (x: number): number => LEFT + ((x - x0) / (x1 - x0 || 1)) * (WIDTH - LEFT - RIGHT);
	const py = (y: number): number => TOP + (1 - (y - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM);
	return (
		<figure class="plot">
			<svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
				{ticksBetween(y0, y1).map((y) => (
					<g key={`y${y}`}>
						<line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={py(y)} y2={py(y)} />
						<text class="axis" x={LEFT - 6} y={py(y) + 4} text-anchor="end">
							{yFormat(y)}
						</text>
					</g>
				))}
				{ticksBetween(x0, x1, 6).map((x) => (
					<text key={`x${x}`} class="axis" x={px(x)} y={HEIGHT - 8} text-anchor="middle">
						{xFormat(x)}
					</text>
				))}
				{marks.map(({ x, name }) => (
					<g key={name}>
						<line class="mark" x1={px(x)} x2={px(x)} y1={TOP} y2={HEIGHT - BOTTOM} />
						<text class="axis" x={px(x) + 4} y={TOP + 10}>
							{name}
						</text>
					</g>
				))}
				{zero && <line class="zero" x1={LEFT} x2={WIDTH - RIGHT} y1={py(0)} y2={py(0)} />}
				{whiskers.map(({ x, low, high }) => (
					<g key={`w${x}`} class="whisker">
						{low !== undefined && high !== undefined && <line x1={px(x)} x2={px(x)} y1={py(low)} y2={py(high)} />}
						{[low, high].map((y) => y !== undefined && <line key={y} x1={px(x) - 4} x2={px(x) + 4} y1={py(y)} y2={py(y)} />)}
					</g>
				))}
				{lines
					.filter(({ points: all }) => all.length <= FEW_POINTS)
					.flatMap(({ name, points: all, className }) =>
						all.map(({ x, y }) => <circle key={`${name}${x}`} class={`dot ${className}`} cx={px(x)} cy={py(y)} r={3} />),
					)}
				{lines.map(({ name, points: all, className }) => (
					<polyline key={name} class={`line ${className}`} points={all.map(({ x, y }) => `${px(x)},${py(y)}`).join(" ")} />
				))}
			</svg>
			<figcaption>
				{lines.map(({ name, className }) => (
					<span key={name} class={`legend ${className}`}>
						{name}
					</span>
				))}
			</figcaption>
		</figure>
	);
}

/** The last values of something, small. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }): JSX.Element {
	const [low, high] = [Math.min(...values), Math.max(...values)];
	const y = (value: number): number => 18 - ((value - low) / (high - low || 1)) * 16;
	return (
		<svg class="spark" viewBox="0 0 80 20" role="img" aria-label={label}>
			<polyline class="line mine" points={values.map((value, i) => `${(i / Math.max(1, values.length - 1)) * 80},${y(value)}`).join(" ")} />
		</svg>
	);
}
