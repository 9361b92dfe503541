import type { JSX } from "preact";
import { useCall } from "./exchange.ts";
import { Titles } from "./Titles.tsx";
import type { Assertion, Edge, Rollup } from "./types.ts";

const short = (hash: string): string => `${hash.slice(0, 8)}…${hash.slice(-4)}`;

/** Batches, assertions, and the tree of every dispute while it is played. */
export function RollupPage(): JSX.Element {
	const rollup = useCall<Rollup>("public/get_rollup", {}, 1500);
	if (!rollup) return <p>UNKNOWN</p>;
	const disputes = disputesOf(rollup.edges);
	return (
		<>
			<section aria-labelledby="assertions-title">
				<h2 id="assertions-title">Assertions</h2>
				<p>
					L1 block {rollup.block}; an assertion may be confirmed {rollup.challenge_period_blocks} blocks after it was made, if nobody
					disputes it.
				</p>
				<div class="scroll" tabIndex={0} role="region" aria-label="Assertions, scrollable">
					<table id="assertions">
						<thead>
							<Titles of={["Assertion", "After", "Batches", "By", "Made in block", "Rivals", "Stands"]} />
						</thead>
						<tbody>
							{[...rollup.assertions]
								.reverse()
								.slice(0, 30)
								.map((one) => (
									<Row key={one.id} assertion={one} period={rollup.challenge_period_blocks} block={rollup.block} />
								))}
						</tbody>
					</table>
				</div>
			</section>
			<section aria-labelledby="disputes-title">
				<h2 id="disputes-title">Disputes</h2>
				{disputes.length === 0 && <p>Nothing was ever disputed.</p>}
				{disputes.map((edges, i) => (
					<DisputeTree key={edges[0].id} edges={edges} name={`Dispute ${disputes.length - i}`} />
				))}
			</section>
			<section aria-labelledby="batches-title">
				<h2 id="batches-title">Batches</h2>
				<div class="scroll" tabIndex={0} role="region" aria-label="Batches, scrollable">
					<table id="batches">
						<thead>
							<Titles of={["Batch", "L1 block", "Bytes", "Steps until its end", "State root"]} />
						</thead>
						<tbody>
							{[...rollup.batches]
								.reverse()
								.slice(0, 20)
								.map(({ index, block, bytes, end_step, state_root }) => (
									<tr key={index}>
										<th scope="row">{index}</th>
										<td>{block}</td>
										<td>{bytes.toLocaleString("en")}</td>
										<td>{end_step.toLocaleString("en")}</td>
										<td>
											<code title={state_root}>{short(state_root)}</code>
										</td>
									</tr>
								))}
						</tbody>
					</table>
				</div>
			</section>
		</>
	);
}

function Row({
	assertion,
	period,
	block,
}: {
	readonly assertion: Assertion;
	readonly period: number;
	readonly block: number;
}): JSX.Element {
	const { id, parent, status, asserter, target_batch, created_at, rivals } = assertion;
	const left = Math.max(0, created_at + period - block);
	return (
		<tr>
			<th scope="row">
				<code title={id}>{short(id)}</code>
			</th>
			<td>{/^0x0*$/.test(parent) ? "nothing" : <code title={parent}>{short(parent)}</code>}</td>
			<td>{target_batch}</td>
			<td>
				<code title={asserter}>{short(asserter)}</code>
			</td>
			<td>{created_at}</td>
			<td>{rivals}</td>
			<td>
				<span class={`badge ${status}`}>{status === "pending" ? `pending, ${left} blocks` : status}</span>
			</td>
		</tr>
	);
}

/** Edges by game: those that share a largest stretch. The newest first. */
export function disputesOf(edges: readonly Edge[]): Edge[][] {
	const games: Edge[][] = [];
	// Edges come in the order in which they were made, and a game's first are its largest.
	let top = Infinity;
	let last: Edge[] | undefined;
	for (const edge of edges) {
		if (!last || (edge.height >= top && !last.some((other) => other.mutual_id === edge.mutual_id))) {
			last = [];
			games.push(last);
			top = edge.height;
		}
		last.push(edge);
	}
	return games.filter((game) => game.some(({ rivalled_at }) => rivalled_at > 0)).reverse();
}

const ROW = 26;
const WIDTH = 640;
/** The least width of a stretch. */
const HALF = 28;

/** A dispute from the whole history down to one step: at each height the stretches that two players describe differently, drawn where they lie. */
function DisputeTree({ edges, name }: { readonly edges: readonly Edge[]; readonly name: string }): JSX.Element {
	const top = Math.max(...edges.map(({ height }) => height));
	const lowest = Math.min(...edges.map(({ height }) => height));
	const places = new Map<string, Edge[]>();
	for (const edge of edges) places.set(edge.mutual_id, [...(places.get(edge.mutual_id) ?? []), edge]);
	const proven = edges.find(({ move }) => move === "proven");
	const said = proven
		? `one step, number ${proven.position + 1}, was proven on L1`
		: `down to stretches of ${2 ** lowest} steps; the next move bisects`;
	// Stretches are drawn to scale while they can be seen; below that, two halves side by side where their parent lies.
	const box = (height: number, position: number): { x: number; width: number } => {
		const width = 2 ** (height - top) * WIDTH;
		if (width >= HALF) return { x: position * width, width };
		const middle = (Math.floor(position / 2) + 0.5) * 2 * width;
		const left = Math.min(WIDTH - 2 * HALF, Math.max(0, middle - HALF));
		return { x: left + (position % 2) * HALF, width: HALF };
	};
	return (
		<figure class="dispute">
			<figcaption>
				{name}: {said}.
			</figcaption>
			<svg viewBox={`0 0 ${WIDTH + 60} ${(top - lowest + 1) * ROW + 8}`} role="img" aria-label={`${name}: ${said}`}>
				{Array.from({ length: top - lowest + 1 }, (_, i) => (
					<text key={i} class="axis" x={WIDTH + 8} y={i * ROW + 16}>
						{`2^${top - i}`}
					</text>
				))}
				{[...places.values()].map((rivals) => {
					const [{ height, position, mutual_id }] = rivals;
					const { x, width } = box(height, position);
					const isProven = rivals.some(({ move }) => move === "proven");
					const state = isProven ? "proven" : rivals.length > 1 ? "rivalled" : "alone";
					return (
						<g key={mutual_id} class={`edge ${state}`}>
							<rect x={x + 1} y={(top - height) * ROW + 4} width={width - 2} height={ROW - 10} rx={3}>
								<title>
									{`Steps ${position * 2 ** height + 1} to ${(position + 1) * 2 ** height}: ${rivals.length} told, ${rivals.map(({ move }) => move).join(", ")}`}
								</title>
							</rect>
							{rivals.length > 1 && (
								<text x={x + width / 2} y={(top - height) * ROW + 16} text-anchor="middle">
									{rivals.length}
								</text>
							)}
						</g>
					);
				})}
			</svg>
			<p class="quiet">
				<span class="key alone">agreed by silence</span> <span class="key rivalled">told differently</span>{" "}
				<span class="key proven">proven</span>
			</p>
		</figure>
	);
}
