/** Rounds that are measured, after some that only warm up. */
const ROUNDS = 9;
const WARM_UP_ROUNDS = 3;

/**
 * CPU time of one call on one core, in microseconds: the median of several rounds, so that neither
 * other processes nor one collection of garbage decide it. All threads of the process count.
 *
 * @param calls in one round
 */
export function cpuMicros(calls: number, work: (call: number) => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call += 1) work(call);
    const { system, user } = process.cpuUsage(before);
    if (round >= WARM_UP_ROUNDS) rounds.push((user + system) / calls);
  }
  return rounds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}
