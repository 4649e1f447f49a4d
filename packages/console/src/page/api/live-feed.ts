import type { Flow } from './answers.ts';
import type { ProblemFacts } from './api-problem.ts';

/** What is known of the flow at this moment, and whether that is still live. */
export interface Feed {
  readonly status: 'connecting' | 'live' | 'silent' | 'waiting' | 'ended';
  readonly latest?: Flow;
  /** When `latest` came, by the reader's own clock in ms. */
  readonly latestAt?: number;
  /** When an event or a new connection was last seen, by the same clock. */
  readonly heardAt: number;
  /** Connections that failed since the last event. */
  readonly failures: number;
  /** Connections that failed at all: whenever it grows, another is due after `retryMs`. */
  readonly broken: number;
  /** How long to wait before the next connection, in ms; while `waiting`. */
  readonly retryMs: number;
  readonly problem?: ProblemFacts;
}

export type FeedEvent =
  | { readonly type: 'opening'; readonly now: number }
  | { readonly type: 'flow'; readonly flow: Flow; readonly now: number }
  | { readonly type: 'clock'; readonly now: number }
  | { readonly type: 'broken'; readonly random: number; readonly problem?: ProblemFacts }
  | { readonly type: 'refused'; readonly problem: ProblemFacts };

/** One event comes each second; after five without one the numbers are called old. */
export const SILENT_AFTER_MS = 5000;
/** A connection that is this quiet is given up: the other side may be gone without a word. */
export const GIVEN_UP_AFTER_MS = 20_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

export const FIRST_FEED: Feed = {
  status: 'connecting',
  heardAt: 0,
  failures: 0,
  broken: 0,
  retryMs: 0,
};

/** Twice as long each time, up to half a minute, and up to a fifth more, so that not all come at once. */
export function retryDelay(failures: number, random: number): number {
  const plain = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(plain * (1 + random / 5));
}

function withoutProblem(feed: Feed): Feed {
  const { problem, ...rest } = feed;
  return problem === undefined ? feed : rest;
}

/** The feed after an event. A feed that ended stays so: its reader must sign in or be allowed to. */
export function nextFeed(feed: Feed, event: FeedEvent): Feed {
  if (feed.status === 'ended') return feed;
  switch (event.type) {
    case 'opening':
      return { ...feed, status: 'connecting', heardAt: event.now };
    case 'flow':
      return {
        ...withoutProblem(feed),
        status: 'live',
        latest: event.flow,
        latestAt: event.now,
        heardAt: event.now,
        failures: 0,
        retryMs: 0,
      };
    case 'clock':
      return afterClock(feed, event.now);
    case 'broken':
      return afterBreak(feed, event.random, event.problem);
    case 'refused':
      return { ...feed, status: 'ended', problem: event.problem };
    default:
      return feed;
  }
}

function afterClock(feed: Feed, now: number): Feed {
  if (feed.status === 'waiting') return feed;
  const quietMs = now - feed.heardAt;
  if (quietMs >= GIVEN_UP_AFTER_MS) return afterBreak(feed, 0, feed.problem);
  return feed.status === 'live' && quietMs >= SILENT_AFTER_MS
    ? { ...feed, status: 'silent' }
    : feed;
}

function afterBreak(feed: Feed, random: number, problem: ProblemFacts | undefined): Feed {
  // Two signs of one break, such as an error and the clock, are one.
  if (feed.status === 'waiting') return feed;
  const failures = feed.failures + 1;
  const wishedMs = (problem?.retryAfterSeconds ?? 0) * 1000;
  return {
    ...withoutProblem(feed),
    status: 'waiting',
    failures,
    broken: feed.broken + 1,
    retryMs: Math.max(wishedMs, retryDelay(failures, random)),
    ...(problem === undefined ? {} : { problem }),
  };
}
