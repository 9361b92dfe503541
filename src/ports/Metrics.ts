/** A gauge or counter by name, in the units its name ends with. A value never set is unknown, never zero. */
export interface Metrics {
	set(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
	add(name: string, increment?: number, labels?: Readonly<Record<string, string>>): void;
	observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}
