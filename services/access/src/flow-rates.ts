/** How one topic stood at a time: the sum of its partitions' end offsets. */
interface EndSample {
  readonly atMs: number;
  readonly end: number;
}

/** Rates are over so long. */
const WINDOW_MS = 10_000;

/**
 * Records a second of topics, from their end offsets.
 *
 * Promises: over the last 10 s, or since the first sample; null before there are two. Transaction markers
 * have offsets, too, so a topic that is written in small transactions looks a little faster than it is.
 * Memory holds the samples of one window. Pure; time is passed in.
 */
export class FlowRates {
  readonly #samples = new Map<string, EndSample[]>();

  sample(topic: string, end: number, atMs: number): void {
    const before = this.#samples.get(topic) ?? [];
    // A topic that was made anew begins again; what it was before is no rate of it.
    const kept = (before.at(-1)?.end ?? 0) > end ? [] : before;
    // The newest of those before the window stays: the window begins there.
    const begin = kept.findLastIndex((sample) => sample.atMs <= atMs - WINDOW_MS);
    this.#samples.set(topic, [...kept.slice(Math.max(0, begin)), { atMs, end }]);
  }

  /** Records a second, to a tenth; null while it is not known. */
  perSecond(topic: string): number | null {
    const samples = this.#samples.get(topic) ?? [];
    const [first] = samples;
    const last = samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
    return Math.round(((last.end - first.end) * 10_000) / (last.atMs - first.atMs)) / 10;
  }
}
