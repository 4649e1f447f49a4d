import type { KafkaRecord } from '@sealstream/bus';
import { type DatasetTopics, ERRORS, type Purpose, SealstreamError } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { AcceptedCodec, EncryptedOpener, RejectedCodec } from '@sealstream/flow';
import { type Dataset, jsonStart } from '@sealstream/policy';

import type { ShownRecord } from './record-line.ts';

type Role = keyof DatasetTopics;

/** Whose keys open records of a topic; a topic that is not here holds nothing sealed. */
export const OPENING_PURPOSE: Readonly<Partial<Record<Role, Purpose>>> = {
  accepted: 'accepted',
  rejected: 'rejected',
  encrypted: 'field',
};

/** Opens records of their topic, in order. A record that does not open gives its code. */
export type RecordOpener = (records: readonly KafkaRecord[]) => Promise<ShownRecord[]>;

type OneOpener = (record: KafkaRecord) => ShownRecord;

/**
 * How records of a topic are opened.
 *
 * The opener throws what concerns the keys as a whole (KEY_UNKNOWN, KEYRING_STALE); what concerns
 * one record alone is that record's error.
 */
export function recordOpener(role: Role, dataset: Dataset, keys: KeySource): RecordOpener {
  if (role === 'encrypted') return encryptedOpener(dataset, keys);
  return eachBy(coded(openerOf(role, dataset, keys)));
}

function eachBy(open: OneOpener): RecordOpener {
  return async (records) => records.map(open);
}

/** What concerns one record alone becomes its code. */
function coded(open: OneOpener): OneOpener {
  return (record) => {
    try {
      return open(record);
    } catch (error) {
      const isOneRecords =
        error instanceof SealstreamError && ERRORS[error.code].class === 'record';
      if (!isOneRecords) throw error;
      return { key: record.key, value: null, error: error.code };
    }
  };
}

function openerOf(role: Role, dataset: Dataset, keys: KeySource): OneOpener {
  if (role === 'accepted') return acceptedOpener(dataset, keys);
  if (role === 'rejected') return rejectedOpener(dataset, keys);
  throw new SealstreamError('USAGE', { role }, 'Records of this topic are not sealed.');
}

function acceptedOpener({ name }: Dataset, keys: KeySource): OneOpener {
  const codec = new AcceptedCodec(name);
  return (record) => {
    const { key, value } = codec.open(keys, record).envelope;
    return { key, value };
  };
}

function rejectedOpener({ name }: Dataset, keys: KeySource): OneOpener {
  const codec = new RejectedCodec(name);
  return (record) => {
    const { envelope, note } = codec.open(keys, record);
    return { key: envelope.key, value: envelope.value, reject: note };
  };
}

function encryptedOpener(dataset: Dataset, keys: KeySource): RecordOpener {
  refuseFramed(dataset);
  const opener = new EncryptedOpener(dataset, keys);
  return async (records) => {
    const opened = await opener.openAll(records);
    return opened.map((one, at): ShownRecord => {
      const { key } = records[at];
      if (!one.ok) return { key, value: null, error: one.code };
      const { headers, key: opened = key, value } = one;
      // The id of its schema is of no use to who reads it here.
      const shown = value && value.subarray(jsonStart(value, 0, value.length));
      return { key: opened, value: shown, ...(headers && { headers }) };
    });
  };
}

/** A rejected record shows its reason without any key. */
export function unopened(role: Role | undefined, dataset: Dataset | undefined): RecordOpener {
  if (role !== 'rejected' || dataset === undefined)
    return eachBy(({ key, value }) => ({ key, value }));
  const codec = new RejectedCodec(dataset.name);
  return eachBy((record) => {
    const { key, value } = record;
    try {
      return { key, value, reject: codec.note(record) };
    } catch {
      return { key, value };
    }
  });
}

/**
 * @throws SealstreamError USAGE for a dataset whose sealed fields do not stand in JSON, or not where the
 *   policy says alone
 */
export function refuseFramed({ format, name, tags }: Dataset): void {
  if (format === 'json' || (format === 'json-schema' && tags === undefined)) return;
  throw new SealstreamError(
    'USAGE',
    { dataset: name, format },
    'Fields are opened in JSON records alone, by the paths of the policy. Read the records with a library ' +
      'of their format, and open the fields one by one with the SDK (docs/consumers.md).',
  );
}
