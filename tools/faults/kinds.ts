import { FLOW_SERVICES } from '@sealstream/contracts';

/** Of what is started over and over: least and most milliseconds that a fault lasts. */
type Range = readonly [least: number, most: number];

export interface KindFacts {
  /** What is done, for people; the table in docs/faults.md is this one. */
  readonly what: string;
  /** Upon whom; each is a card of its own in the deck. */
  readonly targets: readonly string[];
  readonly lastsMs: Range;
  /** The same in the short form. */
  readonly shortMs: Range;
}

export const STAGES = ['ingest', 'mask', 'encrypt'] as const;
export type StageName = (typeof STAGES)[number];
export const PRODUCER = 'producer';
/** A target that the seed chooses a broker for. */
export const A_BROKER = 'a broker';
export const ALL_BROKERS = 'all brokers';
export const REDIS = 'redis';

const AT_ONCE: Range = [0, 0];
const AWAY: Range = [15_000, 25_000];
const LINKS = [A_BROKER, ALL_BROKERS, REDIS];

/** Every kind of fault, by its name in the report. */
export const KINDS = {
  kill: {
    what: 'kill -9; started again as a supervisor does',
    targets: [...FLOW_SERVICES, PRODUCER],
    lastsMs: AT_ONCE,
    shortMs: AT_ONCE,
  },
  term: {
    what: 'SIGTERM; started again',
    targets: FLOW_SERVICES,
    lastsMs: AT_ONCE,
    shortMs: AT_ONCE,
  },
  stop: {
    what: 'SIGSTOP past the session while a second process takes over, then SIGCONT: two owners',
    targets: STAGES,
    lastsMs: [9_000, 16_000],
    shortMs: [4_500, 5_500],
  },
  brokerRestart: {
    what: 'a broker ends in order and comes back',
    targets: [A_BROKER],
    lastsMs: AT_ONCE,
    shortMs: AT_ONCE,
  },
  brokerKill: {
    what: 'kill -9 of a broker; it comes back at once',
    targets: [A_BROKER],
    lastsMs: AT_ONCE,
    shortMs: AT_ONCE,
  },
  brokerDown: {
    what: 'kill -9 of a broker; it stays away for a while',
    targets: [A_BROKER],
    lastsMs: AWAY,
    shortMs: [4_000, 6_000],
  },
  redisRestart: {
    what: 'kill -9 of Redis; it comes back at once',
    targets: [REDIS],
    lastsMs: AT_ONCE,
    shortMs: AT_ONCE,
  },
  redisAway: {
    what: 'Redis is away for a minute, longer than keys are believed without it',
    targets: [REDIS],
    lastsMs: [60_000, 60_000],
    shortMs: [5_000, 5_000],
  },
  cut: {
    what: 'connections are cut and none can be made (toxiproxy, proxy off)',
    targets: LINKS,
    lastsMs: [3_000, 12_000],
    shortMs: [1_000, 2_000],
  },
  slow: {
    what: 'answers are late and the line is thin (toxiproxy, latency and bandwidth)',
    targets: LINKS,
    lastsMs: AWAY,
    shortMs: [2_000, 4_000],
  },
  halfOpen: {
    what: 'nothing comes through though connections stand (toxiproxy, timeout)',
    targets: LINKS,
    lastsMs: AWAY,
    shortMs: [2_000, 4_000],
  },
  lostAnswer: {
    what: 'a broker does what was asked; the answer is lost with its connection',
    targets: ['a stage'],
    lastsMs: [20_000, 20_000],
    shortMs: [10_000, 10_000],
  },
  diskFull: {
    what: 'the disk of the audit log takes no more (a limit on file sizes), then does again',
    targets: ['audit'],
    lastsMs: [8_000, 15_000],
    shortMs: [3_000, 4_000],
  },
  clockJump: {
    what: 'the clock of a running service jumps ahead, then back behind the true time (libfaketime)',
    targets: [...STAGES, 'audit'],
    lastsMs: [12_000, 20_000],
    shortMs: [6_000, 6_000],
  },
} as const satisfies Readonly<Record<string, KindFacts>>;
export type FaultKind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as readonly FaultKind[];
