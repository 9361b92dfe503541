/** The world's time in whole seconds since 1970. The machine never sees it: only the sequencer, reporters and timers do. */
export interface Clock {
	now(): number;
	/** Resolves after about `milliseconds` of real time, or at once when `signal` is aborted. */
	sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
