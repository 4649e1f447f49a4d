import { Random } from '../demo/random.ts';
import {
  A_BROKER,
  type FaultKind,
  KIND_NAMES,
  type KindFacts,
  KINDS,
  STAGES,
  type StageName,
} from './kinds.ts';
import { REQUEST_NAMES, type RequestName } from './requests.ts';

/** One fault of a round. */
export interface PlannedFault {
  readonly kind: FaultKind;
  /** A service, `producer`, `redis`, `broker 1` and so on, or `all brokers`. */
  readonly target: string;
  /** Milliseconds after the round's beginning. */
  readonly atMs: number;
  readonly forMs: number;
  /** Of lost answers: to which request. */
  readonly request?: RequestName;
  /** Of lost answers: how many in a row, at most. */
  readonly times?: number;
  /** 32 bits of the seed, for what a fault has to choose besides. */
  readonly dice: number;
}

export interface PlanOptions {
  readonly seed: string;
  readonly rounds: number;
  readonly brokers: number;
  /** Short faults close together. */
  readonly isShort: boolean;
  /** Of lost answers, only those to these requests; all of them unless told. */
  readonly requests?: readonly RequestName[];
  /** Whose answers are lost; any stage's unless told. */
  readonly answersOf?: StageName;
  /** Only these kinds; all of them unless told. */
  readonly kinds?: readonly FaultKind[];
}

/** With so many rounds or more every card of the deck is dealt. */
export const WHOLE_DECK_ROUNDS = 20;
const LEAST_A_ROUND = 2;
/** Faults of a round begin within so long. */
const WINDOW_MS = 10_000;
const SHORT_WINDOW_MS = 3_000;
/** More than the five times that kafkajs sends a request again. */
const MANY_TIMES = 8;

interface Card {
  readonly kind: FaultKind;
  readonly target: string;
  readonly request?: RequestName;
}

/** One card for each kind and target, and for lost answers one for each request. */
function deckOf({ kinds = KIND_NAMES, requests = REQUEST_NAMES }: PlanOptions): Card[] {
  return kinds.flatMap((kind): Card[] => {
    if (kind === 'lostAnswer')
      return requests.map((request) => ({ kind, target: 'a stage', request }));
    return KINDS[kind].targets.map((target) => ({ kind, target }));
  });
}

function shuffled<T>(cards: readonly T[], random: Random): T[] {
  const all = [...cards];
  for (let n = all.length - 1; n > 0; n--) {
    const other = random.below(n + 1);
    [all[n], all[other]] = [all[other], all[n]];
  }
  return all;
}

function targetOf({ target, request }: Card, options: PlanOptions, random: Random): string {
  const [broker, stage] = [random.between(1, options.brokers), random.pick<StageName>(STAGES)];
  if (target === A_BROKER) return `broker ${broker}`;
  return request === undefined ? target : (options.answersOf ?? stage);
}

/** Answers to Produce are lost for longer than a plain client tries; others once or twice. */
function timesOf(request: RequestName, random: Random): number {
  return request === 'Produce' ? MANY_TIMES : random.between(1, 2);
}

/**
 * What is done in each round. The same options give the same plan; with WHOLE_DECK_ROUNDS or more it
 * has every kind on every target at least once.
 */
export function planOf(options: PlanOptions): readonly (readonly PlannedFault[])[] {
  const { seed, rounds, isShort } = options;
  const random = new Random(seed, 'faults');
  const deck = deckOf(options);
  const least = LEAST_A_ROUND * rounds;
  const total = rounds >= WHOLE_DECK_ROUNDS ? Math.max(deck.length, least) : least;
  const dealt: Card[] = [];
  while (dealt.length < total) dealt.push(...shuffled(deck, random));
  const plan: PlannedFault[][] = Array.from({ length: rounds }, () => []);
  for (const [n, card] of dealt.slice(0, total).entries()) {
    const { lastsMs, shortMs }: KindFacts = KINDS[card.kind];
    const [shortest, longest] = isShort ? shortMs : lastsMs;
    const { kind, request } = card;
    plan[n % rounds].push({
      kind,
      target: targetOf(card, options, random),
      atMs: random.below(isShort ? SHORT_WINDOW_MS : WINDOW_MS),
      forMs: random.between(shortest, longest),
      ...(request === undefined ? {} : { request, times: timesOf(request, random) }),
      dice: random.next(),
    });
  }
  for (const round of plan) round.sort((a, b) => a.atMs - b.atMs);
  return plan;
}

/** A fault in a few words: `lostAnswer EndTxn of mask at 2.4 s`. */
export function wordsOf({ kind, target, request, atMs, forMs }: PlannedFault): string {
  const what = request === undefined ? `${kind} ${target}` : `${kind} ${request} of ${target}`;
  const lasting = forMs > 0 && request === undefined ? ` for ${(forMs / 1000).toFixed(1)} s` : '';
  return `${what} at ${(atMs / 1000).toFixed(1)} s${lasting}`;
}
