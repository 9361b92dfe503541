import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCall } from "./exchange.ts";
import { Sparkline } from "./plot.tsx";
import type { Committee, State, Vital } from "./types.ts";

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
			<CommitteeTable />
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

/** Who orders, as this gateway sees it. A gateway that orders alone has nothing to tell. */
function CommitteeTable(): JSX.Element | null {
	const committee = useCall<Committee>("public/get_committee", {}, 1000);
	if (!committee || committee.engine === "local") return null;
	const { block, block_age_seconds, height, checkpoint_lag, quorum_slack, members, power_total, silent_because } = committee;
	const slack = quorum_slack === null ? "UNKNOWN" : quorum_slack < 0 ? "no quorum: nothing is decided" : `${quorum_slack} more may fail`;
	return (
		<section aria-labelledby="committee-title">
			<h3 id="committee-title">The committee</h3>
			<p role="status">
				{slack}; block {block?.toLocaleString("en")} {block_age_seconds?.toFixed(1)} s ago, {height.toLocaleString("en")} bundles ordered,
				the signed state is {checkpoint_lag} behind
				{silent_because === null ? "" : `; this member signs nothing: ${silent_because}`}
			</p>
			<table id="committee">
				<thead>
					<tr>
						<th scope="col">Member</th>
						<th scope="col">Power</th>
						<th scope="col">State</th>
						<th scope="col">Last vote</th>
						<th scope="col">Clock</th>
					</tr>
				</thead>
				<tbody>
					{members.map(({ address, power, state, last_vote_block, last_vote_age_seconds, clock_skew_seconds }) => (
						<tr key={address}>
							<th scope="row">
								{address.slice(0, 10)}…{address === committee.own ? " (this gateway)" : ""}
							</th>
							<td>{((100 * power) / power_total).toFixed(1)} %</td>
							<td>
								<span class={`badge ${state === "present" ? "ok" : state === "missing" ? "alarm" : "unknown"}`}>{state}</span>
							</td>
							<td>
								{last_vote_block === null ? "none" : `${last_vote_block.toLocaleString("en")}, ${last_vote_age_seconds?.toFixed(1)} s ago`}
							</td>
							<td>{clock_skew_seconds === null ? "UNKNOWN" : `${clock_skew_seconds >= 0 ? "+" : ""}${clock_skew_seconds} s`}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
