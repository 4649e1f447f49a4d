import type { DatasetCoverage } from '../api/answers.ts';
import { useLoaded } from '../loaded.ts';
import { EmptyNote } from '../parts/notes.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Table } from '../parts/table.tsx';
import { Tag, type Tone } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import { count, counted } from '../words/numbers.ts';
import type { PageProps } from './page-props.ts';

type Field = DatasetCoverage['fields'][number];

/** What a reader of the masked topic learns of a value. */
const SHOWS: Readonly<Record<Field['shows'], { readonly tone: Tone; readonly text: string }>> = {
  nothing: { tone: 'good', text: 'nothing' },
  equality: { tone: 'plain', text: 'which are equal' },
  part: { tone: 'warn', text: 'a part' },
  everything: { tone: 'warn', text: 'everything' },
};

const HEADS = ['Field', 'Class', 'Mask', 'Masked shows', 'Encrypted', 'Can be turned back'];

function rowOf({ class: kind, encrypt, mask, path, reversible, shows }: Field) {
  const { text, tone } = SHOWS[shows] ?? { text: shows, tone: 'plain' };
  return {
    key: path,
    cells: [
      <code key="path">{path}</code>,
      kind ?? <span class="quiet">none</span>,
      mask,
      <Tag key="shows" tone={tone}>
        {text}
      </Tag>,
      encrypt,
      reversible ? 'yes, with keys' : 'no',
    ],
  };
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd class="figures">{value}</dd>
    </div>
  );
}

function Groups({ groups }: { readonly groups: NonNullable<DatasetCoverage['kAnonymity']> }) {
  const { k, l, published, suppressed, waiting } = groups;
  const left = Object.entries(suppressed);
  return (
    <>
      <h3>Groups that look alike</h3>
      <p>
        A masked record is published only in a group of at least {counted(k, 'record')} that look
        alike{l === undefined ? '' : `, with at least ${counted(l, 'sensitive value')} among them`}.
        Counts are since mask started.
      </p>
      <dl class="facts">
        <Fact name="k" value={count(k)} />
        {l === undefined ? null : <Fact name="l" value={count(l)} />}
        <Fact name="Groups" value={count(groups.groups)} />
        <Fact name="Published" value={counted(published, 'record')} />
        <Fact name="Waiting" value={counted(waiting, 'record')} />
        {left.map(([reason, records]) => (
          <Fact key={reason} name={`Kept back: ${reason}`} value={counted(records, 'record')} />
        ))}
      </dl>
      {left.length === 0 ? <p class="quiet">Nothing was kept back.</p> : null}
    </>
  );
}

function Undeclared({ found }: { readonly found: DatasetCoverage['undeclared'] }) {
  const classes = Object.entries(found);
  if (classes.length === 0)
    return <p class="quiet">No personal data was found in fields that do not declare it.</p>;
  return (
    <p>
      <Tag tone="warn">undeclared</Tag> In fields that do not declare it was found:{' '}
      {classes.map(([name, values]) => `${name} (${counted(values, 'value')})`).join(', ')}.
    </p>
  );
}

function DatasetCard({ dataset }: { readonly dataset: DatasetCoverage }) {
  return (
    <section class="card" aria-label={`Dataset ${dataset.name}`}>
      <h2>{dataset.name}</h2>
      <Undeclared found={dataset.undeclared} />
      <Table
        caption={`Fields of ${dataset.name}`}
        isCaptionUnseen
        heads={HEADS}
        rows={dataset.fields.map(rowOf)}
      />
      {dataset.kAnonymity === undefined ? (
        <p class="quiet">The policy asks for no groups that look alike in this dataset.</p>
      ) : (
        <Groups groups={dataset.kAnonymity} />
      )}
    </section>
  );
}

/** What the policy does with every field, and what still shows on the masked topic. */
export function CoveragePage({ dataset: named }: PageProps) {
  const { api } = useSession();
  const { loaded, reload } = useLoaded('coverage', () =>
    api.get<{ datasets: readonly DatasetCoverage[] }>('/v1/coverage'),
  );
  return (
    <ShownWhenLoaded what="coverage" loaded={loaded} onRetry={reload}>
      {({ datasets }) => {
        const shown = datasets.filter(({ name }) => named === undefined || name === named);
        if (shown.length === 0) return <EmptyNote>The policy has no such dataset.</EmptyNote>;
        return shown.map((dataset) => <DatasetCard key={dataset.name} dataset={dataset} />);
      }}
    </ShownWhenLoaded>
  );
}
