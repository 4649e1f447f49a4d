import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaAnswers } from './kafka-request.ts';
import { redisAnswers } from './redis.ts';

const EACH_MS = 2_000;
const PAUSE_MS = 50;

/** Whether every broker of a list (host:port,host:port) answers a real request. */
export async function brokersAnswer(
  brokers: string,
  waitMs = EACH_MS,
  ca?: string,
): Promise<boolean> {
  const answers = brokers.split(',').map((broker) => kafkaAnswers(broker.trim(), waitMs, ca));
  return (await Promise.all(answers)).every(Boolean);
}

/** Asks until there is an answer; throws with `why()` when time is up or `dead()` says so. */
async function poll<T>(
  ask: () => Promise<T | undefined>,
  dead: () => boolean,
  why: () => string,
  waitMs: number,
): Promise<T> {
  for (const deadline = Date.now() + waitMs; ; await sleep(PAUSE_MS)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (dead() || Date.now() > deadline) throw new Error(why());
  }
}

/** Waits until Kafka answers. */
export async function kafkaReady(
  brokers: string,
  dead: () => boolean,
  why: () => string,
  ca?: string,
): Promise<void> {
  const ask = async () => ((await brokersAnswer(brokers, EACH_MS, ca)) ? true : undefined);
  await poll(ask, dead, why, 90_000);
}

/** Waits until Redis answers; its version. */
export function redisReady(
  url: string,
  dead: () => boolean,
  why: () => string,
  ca?: string,
): Promise<string> {
  return poll(() => redisAnswers(url, EACH_MS, ca), dead, why, 60_000);
}

/** The last lines of a log file, or nothing when there is none. */
export function tailOf(file: string, lines: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
