import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics } from "../ports/Metrics.ts";

/** Of every histogram: they all measure seconds, from a millisecond to the minutes until a confirmation. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

const helpOf = (name: string): string => name.replaceAll("_", " ");

type Labels = Readonly<Record<string, string>>;

/** Metrics in a Prometheus registry. A name is one kind of metric for ever, with one set of labels: both are fixed at first use. */
export class PrometheusMetrics implements Metrics {
	readonly #registry = new Registry();
	readonly #gauges = new Map<string, Gauge>();
	readonly #counters = new Map<string, Counter>();
	readonly #histograms = new Map<string, Histogram>();

	set(name: string, value: number, labels: Labels = {}): void {
		let gauge = this.#gauges.get(name);
		if (!gauge) {
			gauge = new Gauge({ name: `strikeproof_${name}`, help: helpOf(name), labelNames: Object.keys(labels), registers: [this.#registry] });
			this.#gauges.set(name, gauge);
		}
		gauge.set(labels, value);
	}

	add(name: string, increment = 1, labels: Labels = {}): void {
		let counter = this.#counters.get(name);
		if (!counter) {
			counter = new Counter({
				name: `strikeproof_${name}`,
				help: helpOf(name),
				labelNames: Object.keys(labels),
				registers: [this.#registry],
			});
			this.#counters.set(name, counter);
		}
		counter.inc(labels, increment);
	}

	observe(name: string, value: number, labels: Labels = {}): void {
		let histogram = this.#histograms.get(name);
		if (!histogram) {
			histogram = new Histogram({
				name: `strikeproof_${name}`,
				help: helpOf(name),
				labelNames: Object.keys(labels),
				buckets: BUCKETS_SECONDS,
				registers: [this.#registry],
			});
			this.#histograms.set(name, histogram);
		}
		histogram.observe(labels, value);
	}

	/** Takes a gauge's values back: what is not known any more must not be shown as it last was. */
	forget(name: string): void {
		this.#gauges.get(name)?.reset();
		if (this.#gauges.delete(name)) this.#registry.removeSingleMetric(`strikeproof_${name}`);
	}

	/** The exposition text that Prometheus scrapes. */
	text(): Promise<string> {
		return this.#registry.metrics();
	}
}
