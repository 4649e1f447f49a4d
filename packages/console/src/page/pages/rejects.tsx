import { useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import { type Reject, type RejectSummary, STAGE_NAMES } from '../api/answers.ts';
import { useListed } from '../listed.ts';
import { useLoaded } from '../loaded.ts';
import { DatasetField, useDatasetNames } from '../parts/dataset-field.tsx';
import { Moment } from '../parts/moment.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { EmptyNote } from '../parts/notes.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Table } from '../parts/table.tsx';
import { useSession } from '../session.ts';
import { count, counted } from '../words/numbers.ts';
import { reasonOf } from '../words/reject-reasons.ts';
import type { PageProps } from './page-props.ts';
import { ReplayDialog, type ReplayTarget } from './replay-dialog.tsx';

const HEADS = ['When', 'Stage', 'Reason', 'Where', 'Source', 'Attempt'];

function Reason({ reject: { code } }: { readonly reject: Reject }) {
  const { mend, what } = reasonOf(code);
  return (
    <>
      {what}
      <span class="quiet">{mend}</span>
      <code>{code}</code>
    </>
  );
}

interface ListProps {
  readonly rejects: readonly Reject[];
  readonly chosen: ReadonlySet<string>;
  readonly onToggle: ((id: string) => void) | undefined;
}

function RejectTable({ chosen, onToggle, rejects }: ListProps) {
  const rows = rejects.map((reject) => {
    const { at, attempt, byte, id, path, source, stage } = reject;
    const cells = [
      <Moment key="at" at={at} />,
      stage,
      <Reason key="reason" reject={reject} />,
      <>
        {path === undefined ? <span class="quiet">the whole record</span> : <code>{path}</code>}
        {byte === undefined ? null : <span class="quiet">byte {count(byte)}</span>}
      </>,
      <span key="source" class="figures">
        partition {source.partition}, offset {source.offset}
      </span>,
      count(attempt),
    ];
    if (onToggle === undefined) return { key: id, cells };
    const box = (
      <label class="tick">
        <input type="checkbox" checked={chosen.has(id)} onChange={() => onToggle(id)} />
        <span class="unseen">Choose {id}</span>
      </label>
    );
    return { key: id, cells: [box, ...cells], isMarked: chosen.has(id) };
  });
  const heads = onToggle === undefined ? HEADS : ['Choose', ...HEADS];
  return <Table caption="Rejected records, newest first" heads={heads} rows={rows} />;
}

function Summary({ summary }: { readonly summary: RejectSummary }) {
  const { byCode, isWhole, total } = summary;
  if (total === 0) return null;
  return (
    <details class="card">
      <summary>
        {counted(total, 'rejected record')}
        {isWhole ? '' : ' among the newest; there are more'}, by reason
      </summary>
      <Table
        caption="Rejected records by reason"
        isCaptionUnseen
        heads={['Stage', 'Reason', 'Records', 'Newest']}
        rows={byCode.map(({ code, count: records, newestAt, stage }) => ({
          key: `${stage}/${code}`,
          cells: [
            stage,
            <>
              {reasonOf(code).what} <code>{code}</code>
            </>,
            count(records),
            <Moment key="newest" at={newestAt} />,
          ],
        }))}
      />
    </details>
  );
}

interface FilterProps {
  readonly stage: string;
  readonly code: string;
  readonly codes: readonly string[];
  readonly onStage: (stage: string) => void;
  readonly onCode: (code: string) => void;
}

function Filters({ code, codes, onCode, onStage, stage }: FilterProps) {
  return (
    <>
      <label class="field">
        <span>Stage</span>
        <select value={stage} onChange={({ currentTarget }) => onStage(currentTarget.value)}>
          <option value="">All stages</option>
          {STAGE_NAMES.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Reason</span>
        <select value={code} onChange={({ currentTarget }) => onCode(currentTarget.value)}>
          <option value="">All reasons</option>
          {codes.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

interface DatasetRejectsProps {
  readonly dataset: string;
  readonly stage: string;
  readonly code: string;
}

function DatasetRejects({ code, dataset, stage }: DatasetRejectsProps) {
  const { api, me } = useSession();
  const list = useListed<Reject>(api, apiPath('datasets', dataset, 'rejects'), { stage, code });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [target, setTarget] = useState<ReplayTarget>();
  const canReplay = me.actions.includes('rejects.replay');
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const filter = { ...(stage === '' ? {} : { stage }), ...(code === '' ? {} : { code }) };
  return (
    <ShownWhenLoaded what="rejected records" loaded={list.loaded} onRetry={list.reload}>
      {(items) =>
        items.length === 0 ? (
          <EmptyNote>No record of {dataset} was rejected with this stage and reason.</EmptyNote>
        ) : (
          <>
            {canReplay ? (
              <div class="actions">
                <button
                  type="button"
                  class="button button-main"
                  disabled={chosen.size === 0}
                  onClick={() => setTarget({ ids: [...chosen] })}
                >
                  Replay {counted(chosen.size, 'chosen record')}
                </button>
                <button type="button" class="button" onClick={() => setTarget({ all: filter })}>
                  Replay all of this filter
                </button>
              </div>
            ) : null}
            <RejectTable
              rejects={items}
              chosen={chosen}
              onToggle={canReplay ? toggle : undefined}
            />
            <MoreButton list={list} />
            {target === undefined ? null : (
              <ReplayDialog
                dataset={dataset}
                target={target}
                onClose={() => setTarget(undefined)}
                onReplayed={() => {
                  setChosen(new Set());
                  list.reload();
                }}
              />
            )}
          </>
        )
      }
    </ShownWhenLoaded>
  );
}

function DatasetSummary({
  dataset,
  onCodes,
}: {
  dataset: string;
  onCodes: (all: string[]) => void;
}) {
  const { api } = useSession();
  const path = apiPath('datasets', dataset, 'rejects', 'summary');
  const { loaded, reload } = useLoaded(path, async () => {
    const summary = await api.get<RejectSummary>(path);
    onCodes([...new Set(summary.byCode.map(({ code }) => code))].sort());
    return summary;
  });
  return (
    <ShownWhenLoaded what="the summary" loaded={loaded} onRetry={reload}>
      {(summary) => <Summary summary={summary} />}
    </ShownWhenLoaded>
  );
}

/** What was refused and why, and the way back into the flow once the cause is mended. */
export function RejectsPage({ dataset: named }: PageProps) {
  const { loaded, names, reload } = useDatasetNames();
  const [typed, setDataset] = useState(named ?? '');
  const [stage, setStage] = useState('');
  const [code, setCode] = useState('');
  const [codes, setCodes] = useState<readonly string[]>([]);
  const dataset = typed === '' ? (names[0] ?? '') : typed;
  return (
    <>
      <p class="lead">
        Rejected records stay sealed. This page shows why each was refused, never what is in it.
      </p>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <DatasetField names={names} value={dataset} onChange={setDataset} />
        <Filters stage={stage} code={code} codes={codes} onStage={setStage} onCode={setCode} />
      </form>
      {dataset === '' ? (
        <ShownWhenLoaded what="datasets" loaded={loaded} onRetry={reload}>
          {() => <EmptyNote>Name a dataset to see what was rejected in it.</EmptyNote>}
        </ShownWhenLoaded>
      ) : (
        <>
          <DatasetSummary key={dataset} dataset={dataset} onCodes={setCodes} />
          <DatasetRejects key={`${dataset}/${stage}/${code}`} {...{ code, dataset, stage }} />
        </>
      )}
    </>
  );
}
