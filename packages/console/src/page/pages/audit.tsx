import { useState } from 'preact/hooks';
import type { AuditCheckpoint, AuditEntry } from '../api/audit-answers.ts';
import { useListed } from '../listed.ts';
import { useLoaded } from '../loaded.ts';
import { DatasetField, useDatasetNames } from '../parts/dataset-field.tsx';
import { DownloadButton } from '../parts/download-button.tsx';
import { Moment } from '../parts/moment.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { EmptyNote } from '../parts/notes.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Table } from '../parts/table.tsx';
import { Tag } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import { AUDIT_EVENT_TYPES, gistOf, textIn } from '../words/audit-events.ts';
import { count, counted, seconds } from '../words/numbers.ts';
import type { PageProps } from './page-props.ts';
import { ProofDialog } from './proof-dialog.tsx';

/** A heartbeat comes each minute; twice that is one that was missed. */
const FRESH_SECONDS = 120;

function Age({ state: { ageSeconds, heartbeat } }: { readonly state: AuditCheckpoint }) {
  if (heartbeat === undefined || ageSeconds === undefined)
    return (
      <p>
        <Tag tone="bad">silent</Tag> No heartbeat stands among its newest entries.
      </p>
    );
  const isFresh = ageSeconds <= FRESH_SECONDS;
  return (
    <p>
      <Tag tone={isFresh ? 'good' : 'bad'}>{isFresh ? 'fresh' : 'late'}</Tag> Complete and signed{' '}
      {seconds(ageSeconds)} ago, at <Moment at={heartbeat} />.
    </p>
  );
}

function CheckpointCard({ state }: { readonly state: AuditCheckpoint }) {
  const { checkpoint, origin, root, size } = state;
  return (
    <section class="card" aria-label="Newest signed checkpoint">
      <h2>Checkpoint</h2>
      <Age state={state} />
      <dl class="facts">
        <div class="fact">
          <dt>Log</dt>
          <dd>{origin}</dd>
        </div>
        <div class="fact">
          <dt>Entries</dt>
          <dd class="figures">{count(size)}</dd>
        </div>
        <div class="fact">
          <dt>Root</dt>
          <dd>
            <code>{root}</code>
          </dd>
        </div>
      </dl>
      <p class="quiet">
        Keep it elsewhere: it shows later that the log was not set back and only grew.
      </p>
      <DownloadButton fileName={`checkpoint-${size}.txt`} text={checkpoint} type="text/plain">
        Download the checkpoint
      </DownloadButton>
    </section>
  );
}

interface Filter {
  readonly type: string;
  readonly dataset: string;
  readonly actor: string;
  readonly from: string;
}
const NO_FILTER: Filter = { type: '', dataset: '', actor: '', from: '' };

// What is being typed is the field's own: a list that comes meanwhile must not set it back.
interface FilterProps {
  readonly filter: Filter;
  readonly onChange: (change: Partial<Filter>) => void;
}

function Filters({ filter, onChange }: FilterProps) {
  const { names } = useDatasetNames();
  const set = (name: keyof Filter) => (value: string) => onChange({ [name]: value });
  return (
    <>
      <label class="field">
        <span>Type</span>
        <select
          value={filter.type}
          onChange={({ currentTarget }) => set('type')(currentTarget.value)}
        >
          <option value="">All types</option>
          {AUDIT_EVENT_TYPES.map((type) => (
            <option key={type} value={type}>
              {type}
            </option>
          ))}
        </select>
      </label>
      <DatasetField
        names={names}
        value={filter.dataset}
        onChange={set('dataset')}
        all="All datasets"
      />
      <label class="field">
        <span>Actor</span>
        <input
          defaultValue={filter.actor}
          autoComplete="off"
          maxLength={200}
          onChange={({ currentTarget }) => set('actor')(currentTarget.value.trim())}
        />
      </label>
      <label class="field">
        <span>From entry, to the newer</span>
        <input
          defaultValue={filter.from}
          autoComplete="off"
          inputMode="numeric"
          maxLength={15}
          onChange={({ currentTarget }) => set('from')(currentTarget.value.replaceAll(/\D/g, ''))}
        />
      </label>
    </>
  );
}

const HEADS = ['Entry', 'When', 'Type', 'About', 'Who', 'Dataset', 'Proof'];

function rowOf({ event, index }: AuditEntry, onProof: (index: number) => void) {
  const time = textIn(event, 'time');
  const quiet = <span class="quiet">none</span>;
  return {
    key: String(index),
    cells: [
      <span key="index" class="figures">
        {count(index)}
      </span>,
      time === undefined ? quiet : <Moment key="time" at={time} />,
      event === null ? <Tag tone="warn">no event of the schema</Tag> : textIn(event, 'type'),
      event === null ? quiet : gistOf(event),
      textIn(event, 'actor') ?? quiet,
      textIn(event, 'dataset') ?? quiet,
      <button key="proof" type="button" class="button" onClick={() => onProof(index)}>
        Proof<span class="unseen"> of entry {count(index)}</span>
      </button>,
    ],
  };
}

function Entries({ dataset }: { readonly dataset: string | undefined }) {
  const { api } = useSession();
  const [filter, setFilter] = useState<Filter>({ ...NO_FILTER, dataset: dataset ?? '' });
  const [proven, setProven] = useState<number>();
  const list = useListed<AuditEntry>(api, '/v1/audit/entries', { ...filter });
  const order = filter.from === '' ? 'newest first' : `from ${filter.from} on`;
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Filters
          filter={filter}
          onChange={(change) => setFilter((before) => ({ ...before, ...change }))}
        />
        <button type="button" class="button" onClick={list.reload}>
          Refresh
        </button>
      </form>
      <ShownWhenLoaded what="entries" loaded={list.loaded} onRetry={list.reload}>
        {(items) => (
          <>
            {items.length === 0 ? (
              <EmptyNote>
                {list.more === undefined
                  ? 'The audit log has no entry that fits.'
                  : 'None of those looked at so far fits; there are more.'}
              </EmptyNote>
            ) : (
              <Table
                caption={`${counted(items.length, 'entry', 'entries')} of the audit log, ${order}`}
                heads={HEADS}
                rows={items.map((entry) => rowOf(entry, setProven))}
              />
            )}
            <MoreButton list={list} words={filter.from === '' ? 'Show older' : 'Show newer'} />
          </>
        )}
      </ShownWhenLoaded>
      {proven === undefined ? null : (
        <ProofDialog index={proven} onClose={() => setProven(undefined)} />
      )}
    </>
  );
}

/** The audit log as it is signed, its entries, and for each the proof that it stands there. */
export function AuditPage({ dataset }: PageProps) {
  const { api } = useSession();
  const { loaded, reload } = useLoaded('checkpoint', () =>
    api.get<AuditCheckpoint>('/v1/audit/checkpoint'),
  );
  return (
    <>
      <p class="lead">
        What every service did, in a log that shows each later change. It holds names and counts,
        and no value of a record.
      </p>
      <ShownWhenLoaded what="the audit log" loaded={loaded} onRetry={reload}>
        {(state) => (
          <>
            <CheckpointCard state={state} />
            <Entries dataset={dataset} />
          </>
        )}
      </ShownWhenLoaded>
    </>
  );
}
