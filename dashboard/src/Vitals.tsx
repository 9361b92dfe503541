import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCall } from "./exchange.ts";
import { Sparkline } from "./plot.tsx";
import type { State, Vital } from "./types.ts";

const KEPT = 200;

/** Values that this page saw, by measure; kept while the page is open, whichever part of it is shown. */
const history = new Map<string, number[]>();

/** The measures of fault tolerance. One whose input is missing is UNKNOWN, and never green. */
export function VitalsPage(): JSX.Element {
	const answer = useCall<{ headline: State; vitals: Vital[] }>("public/get_vitals", {}, 2000);
	const [, render] = useState(0);
	useEffect(() => {
		for (const { name, value } of answer?.vitals ?? []) {
			if (value === null) continue;
			const seen = history.get(name) ?? [];
			seen.push(value);
			history.set(name, seen.slice(-KEPT));
		}
		render((count) => count + 1);
	}, [answer]);
	if (!answer)
		return (
			<p id="headline" class="headline unknown">
				UNKNOWN
			</p>
		);
	return (
		<section aria-labelledby="vitals-title">
			<h2 id="vitals-title">Fault tolerance</h2>
			<p id="headline" class={`headline ${answer.headline}`} role="status">
				{answer.headline === "ok" ? "All is well" : answer.headline.toUpperCase()}: the worst of all measures
			</p>
			<ul id="vitals" class="vitals">
				{answer.vitals.map(({ name, value, unit, state, definition, detail, age_seconds }) => (
					<li key={name} class={state}>
						<h3>{name.replaceAll("_", " ")}</h3>
						<p class="value">
							{value === null ? "UNKNOWN" : `${value.toLocaleString("en", { maximumFractionDigits: 2 })} ${unit}`}
							<span class={`badge ${state}`}>{state}</span>
						</p>
						{(history.get(name)?.length ?? 0) > 1 && (
							<Sparkline values={history.get(name) ?? []} label={`${name} since the page was opened`} />
						)}
						<p>{definition}.</p>
						<p class="quiet">
							{detail}
							{age_seconds === null ? "" : `; ${age_seconds.toFixed(0)} s old`}
						</p>
					</li>
				))}
			</ul>
		</section>
	);
}
