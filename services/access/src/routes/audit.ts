import { AuditEvent, SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { EntryPlace } from '../audit-desk.ts';
import { cursorPlace, cursorText, ListQuery } from '../cursor.ts';
import { guarded, type Route } from '../route.ts';
import { auditExport } from './audit-export.ts';
import { AuditIndex, NoteText } from './audit-forms.ts';

const needs = { needs: (parts: { readonly auditDesk: () => unknown }) => parts.auditDesk() };
const Base64 = z.string().describe('Base64.');

/** The signed state of the log. */
const auditCheckpoint = guarded(
  {
    method: 'GET',
    url: '/v1/audit/checkpoint',
    summary: 'The newest signed checkpoint of the audit log: keep it, it shows a later rollback',
    tag: 'audit',
    rule: 'audit.read',
    told: 'read',
    ...needs,
    answer: z
      .object({
        origin: z.string().describe('Name of the log.'),
        size: z.int().describe('Entries under it.'),
        root: Base64,
        checkpoint: NoteText,
        heartbeat: z.iso
          .datetime()
          .optional()
          .describe(
            'The log was complete and signed then; absent where it has been silent for long.',
          ),
        ageSeconds: z.int().optional().describe('Since then; above 120 something is wrong.'),
      })
      .meta({ id: 'AuditCheckpoint' }),
  },
  () => ({}),
  async (_asked, { auditDesk }) => {
    const { head, heartbeat, note } = await auditDesk().checkpoint();
    const { origin, root, size } = head;
    const answer = { origin, size, root: root.toString('base64'), checkpoint: note };
    if (heartbeat === undefined) return { answer };
    const ageSeconds = Math.max(0, Math.round((Date.now() - Date.parse(heartbeat)) / 1000));
    return { answer: { ...answer, heartbeat, ageSeconds } };
  },
);

const [BatchEvent, PlainEvent] = AuditEvent.options;
const EVENT_TYPES = [BatchEvent.shape.type.value, ...PlainEvent.shape.type.options] as const;

const Entry = z
  .object({
    index: z.int(),
    source: z
      .object({ topic: z.string(), partition: z.int(), offset: z.string() })
      .optional()
      .describe("Where in Kafka it came from; absent of what the log's own writer said."),
    event: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('null where it is no event of the schema; its proof has the bytes.'),
  })
  .meta({ id: 'AuditEntry' });

const Place = z.union([
  z.strictObject({ before: z.int().min(0) }),
  z.strictObject({ from: z.int().min(0) }),
]);

/** Entries of the log. */
const auditEntries = guarded(
  {
    method: 'GET',
    url: '/v1/audit/entries',
    summary: 'Entries of the audit log, each checked against its signed checkpoint',
    tag: 'audit',
    rule: 'audit.read',
    told: 'read',
    ...needs,
    query: ListQuery.extend({
      from: AuditIndex.optional().describe('Begin here, to the newer; else the newest first.'),
      type: z.enum(EVENT_TYPES).optional(),
      dataset: z.string().max(100).optional(),
      actor: z.string().max(200).optional(),
    }),
    answer: z
      .object({
        items: z.array(Entry),
        size: z.int().describe('Entries of the log under the checkpoint.'),
        cursor: z.string().optional().describe('There may be more, also after fewer than limit.'),
      })
      .meta({ id: 'AuditEntries' }),
  },
  ({ query }) => ({ dataset: query.dataset }),
  async ({ query }, { auditDesk }) => {
    const { cursor, from, limit, ...filter } = query;
    const begin: EntryPlace | undefined = from === undefined ? undefined : { from };
    const place = cursorPlace(Place, cursor) ?? begin;
    const { items, next, size } = await auditDesk().page(filter, limit, place);
    const answer = { items: [...items], size };
    return { answer: next === undefined ? answer : { ...answer, cursor: cursorText(next) } };
  },
);

const Hashes = z.array(Base64);

/** What shows without us that an entry stands in the log. */
const auditProof = guarded(
  {
    method: 'GET',
    url: '/v1/audit/entries/:index/proof',
    summary:
      'An entry with the proof that it stands in the log: for `sealstream audit verify-proof`',
    tag: 'audit',
    rule: 'audit.read',
    told: 'read',
    ...needs,
    params: z.object({ index: AuditIndex }),
    answer: z
      .object({
        index: z.int(),
        entry: Base64.describe("Base64 of the entry's bytes."),
        proof: Hashes.describe("The audit path of RFC 6962, 2.1.1, from the leaf's sibling up."),
        checkpoint: NoteText,
      })
      .meta({ id: 'AuditProof' }),
  },
  ({ params }) => ({ about: { entry: params.index } }),
  async ({ params }, { auditDesk }) => {
    const { proof, ...document } = await auditDesk().proof(params.index);
    return { answer: { ...document, proof: [...proof] } };
  },
);

/** What shows without us that the log only grew. */
const auditConsistency = guarded(
  {
    method: 'GET',
    url: '/v1/audit/consistency',
    summary: 'The proof that the log only grew since an older checkpoint',
    tag: 'audit',
    rule: 'audit.read',
    told: 'read',
    ...needs,
    query: z.object({ from: AuditIndex.describe('Size in the older checkpoint, from 1.') }),
    answer: z
      .object({
        from: z.int(),
        proof: Hashes.describe('The consistency proof of RFC 6962, 2.1.2.'),
        checkpoint: NoteText,
      })
      .meta({ id: 'AuditConsistency' }),
  },
  ({ query }) => ({ about: { size: query.from } }),
  async ({ query }, { auditDesk }) => {
    if (query.from === 0) throw new SealstreamError('REQUEST_INVALID', { at: 'querystring/from' });
    const { proof, ...document } = await auditDesk().growth(query.from);
    return { answer: { ...document, proof: [...proof] } };
  },
);

/** The routes of the audit log. */
export const AUDIT_ROUTES: readonly Route[] = [
  auditCheckpoint,
  auditEntries,
  auditProof,
  auditConsistency,
  auditExport,
];
