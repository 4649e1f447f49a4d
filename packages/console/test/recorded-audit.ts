import type { AuditEntry } from '../src/page/api/audit-answers.ts';
import { signedLog } from './signed-log.ts';

/** Answers about an audit log of invented events, with proofs that hold. */

/** As it is; changed behind its signature; or not given to the service. */
export type AuditMood = 'whole' | 'changed' | 'missing';

const ENTRIES = 1240;
const PAGE = 25;
const TYPES = ['batch', 'access-ordered', 'access-done', 'key-rotated', 'heartbeat'] as const;

function eventOf(index: number): Readonly<Record<string, unknown>> {
  const type = TYPES[index % TYPES.length] ?? 'batch';
  const time = new Date(Date.UTC(2026, 10, 30, 8) + index * 1000).toISOString();
  const base = { v: 1, time, emitter: 'access/1', type };
  if (type === 'batch') {
    const facts = { stage: 'mask', dataset: 'people', topic: 'accepted.people', recordsIn: index };
    return { ...base, ...facts };
  }
  if (type === 'heartbeat') return { ...base, actor: 'audit', details: { size: index } };
  const details = { action: 'keys.rotate', target: 'field/people', reason: `C-${index}` };
  return { ...base, actor: index % 2 === 0 ? 'ada' : 'mei', dataset: 'people', details };
}

const entryOf = (index: number): AuditEntry => {
  const event = eventOf(index);
  if (event['type'] === 'heartbeat') return { index, event };
  const source = { topic: 'audit.events.access', partition: 0, offset: String(index) };
  return { index, source, event };
};

const textOf = ({ event, source }: AuditEntry) =>
  JSON.stringify(source === undefined ? { source: 'log', event } : { ...source, event });

const entries = Array.from({ length: ENTRIES }, (_, index) => entryOf(index));
export const LOG = signedLog('sealstream.example/audit', entries.map(textOf));

function pageOf(query: URLSearchParams): object {
  const fits = ({ event }: AuditEntry) =>
    ['type', 'dataset', 'actor'].every((name) => [null, event?.[name]].includes(query.get(name)));
  const from = query.get('from');
  const all = from === null ? entries.toReversed() : entries.slice(Number(from));
  const found = all.filter(fits);
  const at = Number(query.get('cursor') ?? 0);
  const items = found.slice(at, at + PAGE);
  const cursor = at + PAGE < found.length ? { cursor: String(at + PAGE) } : {};
  return { items, size: ENTRIES, ...cursor };
}

/** What a request about the audit log is answered; undefined where the service has no log. */
export function auditAnswer(
  { pathname, searchParams }: URL,
  mood: AuditMood,
  isEmpty: boolean,
): object | undefined {
  if (mood === 'missing') return undefined;
  if (pathname.endsWith('/entries'))
    return isEmpty ? { items: [], size: ENTRIES } : pageOf(searchParams);
  const [, index] = /\/entries\/(\d+)\/proof$/.exec(pathname) ?? [];
  if (index !== undefined) {
    const proof = LOG.proofOf(Number(index));
    const entry = Buffer.from(textOf(entryOf(Number(index))).replace('people', 'nobody'));
    return mood === 'changed' ? { ...proof, entry: entry.toString('base64') } : proof;
  }
  const { checkpoint, root, size } = LOG;
  const heartbeat = new Date(Date.now() - 21_000).toISOString();
  return { origin: 'sealstream.example/audit', size, root, checkpoint, heartbeat, ageSeconds: 21 };
}
