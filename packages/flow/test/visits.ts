import { randomBytes } from 'node:crypto';
import type { BatchEvent } from '@sealstream/contracts';
import { type Dataset, datasetOf, parsePolicy } from '@sealstream/policy';
import { AcceptedCodec } from '../src/accepted.ts';
import { encodeSourceMark } from '../src/source-mark.ts';
import type { GroupedStage, StateRecord } from '../src/grouped-stage.ts';
import { batchOf, type FetchedRecord, newKeys, outputOf, resultOf } from './flow-batch.ts';

export const keys = newKeys();

export const CITIES = ['Lyon', 'Nice', 'Bonn', 'Lima', 'Cusco'];
const CITIES_CSV = [
  'Lyon;France;Europe;*',
  'Nice;France;Europe;*',
  'Bonn;Germany;Europe;*',
  'Lima;Peru;America;*',
  'Cusco;Peru;America;*',
].join('\n');

/** A dataset whose groups tell by the field `visit` which record each row was. */
export const VISITS_YAML = `version: 1
datasets:
  visits:
    revision: 1
    subject: /who/ssn
    required: [/who/ssn, /age, /where/city, /diagnosis, /visit]
    key: { mask: drop }
    kAnonymity:
      k: 3
      l: 2
      delay: 10s
      quasiIdentifiers:
        /age: { from: 0, to: 120 }
        /where/city: { hierarchy: cities.csv }
      sensitive: [/diagnosis, /visit]
    fields:
      /who/ssn:    { type: string }
      /who/name:   { type: string, mask: drop }
      /age:        { type: number }
      /where/city: { type: string }
      /diagnosis:  { type: string }
      /visit:      { type: number }
      /note:       { type: string, mask: null }
`;

export function visits(change: (text: string) => string = (text) => text): Dataset {
  const policy = parsePolicy(change(VISITS_YAML), 'p.yaml', () => CITIES_CSV);
  return datasetOf(policy, 'visits');
}

export interface Visit {
  readonly ssn: string;
  readonly age: number;
  readonly city: string;
  readonly diagnosis: string;
  readonly visit: number;
}

export const valueOf = ({ age, city, diagnosis, ssn, visit }: Visit): string =>
  JSON.stringify({ who: { ssn, name: `N${ssn}` }, age, where: { city }, diagnosis, visit });

const codec = new AcceptedCodec('visits');

/** As ingest writes it. */
export function accepted(
  dataset: Dataset,
  value: string | null,
  subject: string | null,
  offset = 0,
): Pick<FetchedRecord, 'key' | 'value' | 'headers'> {
  const mark = encodeSourceMark({
    policyId: dataset.policyId,
    incarnation: Buffer.from('01020304', 'hex'),
    partition: 3,
    offset: BigInt(offset),
    attempt: 0,
    branch: 'both',
  });
  const index = subject === null ? null : Buffer.from(subject.padEnd(16, '#'));
  return codec.seal(keys, mark, Buffer.from(`key-of-${subject}`), {
    key: Buffer.from(`plain-key-${subject}`),
    value: value === null ? null : Buffer.from(value),
    headers: [['traceparent', Buffer.from('00-canarytrace-01')]],
    timestamp: 1_234_567n,
    subject: index,
  });
}

/** One partition of mask, with what it has committed. */
export class Partition {
  readonly state: StateRecord[] = [];
  readonly masked: FetchedRecord[] = [];
  readonly rejected: FetchedRecord[] = [];
  readonly events: BatchEvent[] = [];
  #next = 100;
  #stage: GroupedStage;
  readonly #dataset: Dataset;

  constructor(dataset: Dataset, stage: GroupedStage) {
    this.#dataset = dataset;
    this.#stage = stage;
  }

  /** Another process takes over: it knows what was committed and nothing else. */
  async restart(stage: GroupedStage = this.#stage): Promise<void> {
    this.#stage = stage;
    await stage.restore(3, [this.state]);
  }

  /** A batch; without `commits` it is one that was aborted. */
  batch(records: readonly Partial<FetchedRecord>[], commits = true) {
    const made = batchOf(records);
    const from = BigInt(this.#next);
    const placed = { ...made, from, to: from + BigInt(records.length) };
    const result = resultOf(this.#stage.transform, placed);
    if (commits) {
      this.state.push(...outputOf(result, `mask.state.${this.#dataset.name}`));
      this.masked.push(...outputOf(result, this.#dataset.topics.masked));
      this.rejected.push(...outputOf(result, this.#dataset.topics.rejected));
      this.events.push(result.event);
      this.#next += records.length;
      this.#stage.committed(3);
    }
    return result;
  }

  /** How many records left without a group. */
  get suppressed(): number {
    const all = this.events.flatMap(({ suppressed = {} }) => Object.values(suppressed));
    return all.reduce((sum, count) => sum + count, 0);
  }
}

export const randomSubject = () => randomBytes(6).toString('hex');
