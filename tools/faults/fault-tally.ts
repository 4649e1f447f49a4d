import { type FaultKind, KIND_NAMES } from './kinds.ts';
import type { PlannedFault } from './plan.ts';
import { REQUEST_NAMES, type RequestName } from './requests.ts';

/** What was done, and what was planned and came to nothing. */
export class FaultTally {
  readonly injected: Record<FaultKind, number>;
  /** Answers that were lost, by request. */
  readonly lostAnswers: Record<RequestName, number>;
  readonly missed: PlannedFault[] = [];

  constructor() {
    this.injected = Object.fromEntries(KIND_NAMES.map((kind) => [kind, 0])) as Record<
      FaultKind,
      number
    >;
    this.lostAnswers = Object.fromEntries(REQUEST_NAMES.map((name) => [name, 0])) as Record<
      RequestName,
      number
    >;
  }

  done({ kind }: PlannedFault): void {
    this.injected[kind] += 1;
  }

  lost(request: RequestName, answers: number): void {
    this.lostAnswers[request] += answers;
  }

  /** Nothing happened that it could have worked on, such as a request that never came. */
  cameToNothing(fault: PlannedFault): void {
    this.missed.push(fault);
  }
}
