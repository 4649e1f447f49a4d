import { useState } from 'preact/hooks';
import type { Access } from '../api/answers.ts';
import { useListed } from '../listed.ts';
import { DatasetField, useDatasetNames } from '../parts/dataset-field.tsx';
import { Moment } from '../parts/moment.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { EmptyNote } from '../parts/notes.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Table } from '../parts/table.tsx';
import { Tag } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import { count, counted } from '../words/numbers.ts';
import type { PageProps } from './page-props.ts';

const isRefused = ({ type }: Access) => type === 'denied' || type.endsWith('-refused');

function Outcome({ access }: { readonly access: Access }) {
  if (isRefused(access)) return <Tag tone="bad">denied</Tag>;
  if (access.outcome === 'open') return <Tag tone="warn">no outcome: counts as given</Tag>;
  if (access.outcome === 'failed') return <Tag tone="warn">failed</Tag>;
  return <Tag tone="good">done</Tag>;
}

function What({ access }: { readonly access: Access }) {
  const { action, dataset, paths = [], rule, type } = access;
  // Of a session the type says what happened; of a use of data the action does.
  const what = ['ordered', 'done', 'denied'].includes(type) ? action : type;
  return (
    <>
      {what} {dataset === undefined ? null : <strong>{dataset}</strong>}
      {paths.map((path) => (
        <code key={path} class="path">
          {path}
        </code>
      ))}
      {rule === undefined ? null : <span class="quiet">rule {rule}</span>}
    </>
  );
}

function Why({ access: { purpose, reference } }: { readonly access: Access }) {
  if (purpose === undefined) return <span class="quiet">no purpose</span>;
  return (
    <>
      {purpose}
      {reference === undefined ? null : <span class="quiet">{reference}</span>}
    </>
  );
}

function Given({ access }: { readonly access: Access }) {
  const { given, outcome, values } = access;
  if (isRefused(access) || (given === undefined && values === undefined))
    return <span class="quiet">none</span>;
  if (given === undefined)
    return outcome === 'open' ? <>up to {counted(values ?? 0, 'value')}</> : <>none</>;
  if (values === undefined || values === given) return <>{counted(given, 'value')}</>;
  return (
    <>
      {count(given)} of {counted(values, 'value')}
    </>
  );
}

const HEADS = ['When', 'Who', 'What', 'Why', 'Values', 'Outcome', 'Request'];

function rowOf(access: Access, index: number) {
  return {
    key: `${access.request}/${access.type}/${index}`,
    isMarked: isRefused(access),
    cells: [
      <Moment key="at" at={access.at} />,
      <>
        <strong>{access.person}</strong>
        {access.account === access.person ? null : <span class="quiet">{access.account}</span>}
      </>,
      <What key="what" access={access} />,
      <Why key="why" access={access} />,
      <Given key="given" access={access} />,
      <Outcome key="outcome" access={access} />,
      <code key="request">{access.request}</code>,
    ],
  };
}

/** Who was given what and why, and who was refused, newest first, as the audit log has it. */
export function AccessesPage({ dataset: named }: PageProps) {
  const { api } = useSession();
  const { names } = useDatasetNames();
  const [dataset, setDataset] = useState(named ?? '');
  const [person, setPerson] = useState('');
  const list = useListed<Access>(api, '/v1/accesses', { dataset, person });
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <DatasetField names={names} value={dataset} onChange={setDataset} all="All datasets" />
        <label class="field">
          <span>Person</span>
          {/* What is being typed is the field's own: a list that comes meanwhile must not set it back. */}
          <input
            defaultValue={person}
            autoComplete="off"
            onChange={({ currentTarget }) => setPerson(currentTarget.value.trim())}
          />
        </label>
        <button type="button" class="button" onClick={list.reload}>
          Refresh
        </button>
      </form>
      <ShownWhenLoaded what="accesses" loaded={list.loaded} onRetry={list.reload}>
        {(items) =>
          items.length === 0 ? (
            <EmptyNote>The audit log has no access that fits.</EmptyNote>
          ) : (
            <>
              <Table caption="Accesses, newest first" heads={HEADS} rows={items.map(rowOf)} />
              <MoreButton list={list} />
            </>
          )
        }
      </ShownWhenLoaded>
    </>
  );
}
