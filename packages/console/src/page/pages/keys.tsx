import type { Keyset, Page } from '../api/answers.ts';
import { useNow } from '../clock.ts';
import { useLoaded } from '../loaded.ts';
import { Moment } from '../parts/moment.tsx';
import { EmptyNote } from '../parts/notes.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Table } from '../parts/table.tsx';
import { Tag, type Tone } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import { count, counted } from '../words/numbers.ts';
import { dueText } from '../words/times.ts';

const MINUTE_MS = 60_000;

function toneOf(state: string): Tone {
  if (state === 'active') return 'good';
  return state === 'compromised' || state === 'destroyed' ? 'bad' : 'plain';
}

function Due({ dueAt }: { readonly dueAt: string }) {
  const { isLate, text } = dueText(dueAt, useNow(MINUTE_MS));
  return (
    <p>
      Rotation <Tag tone={isLate ? 'bad' : 'plain'}>{text}</Tag> (<Moment at={dueAt} />)
    </p>
  );
}

function Use({ uses, usesHigh }: Keyset['keys'][number]) {
  if (uses === undefined) return <span class="quiet">not counted</span>;
  return (
    <>
      <span class="figures">{count(uses)}</span>{' '}
      {usesHigh === true ? <Tag tone="warn">near its end</Tag> : null}
    </>
  );
}

function KeysetCard({ keyset }: { readonly keyset: Keyset }) {
  return (
    <section class="card" aria-label={`Keyset ${keyset.keyset}`}>
      <h2>{keyset.keyset}</h2>
      <p class="quiet">
        Purpose {keyset.purpose}, dataset {keyset.dataset}, version {count(keyset.version)}
      </p>
      {keyset.rotation === undefined ? null : <Due dueAt={keyset.rotation.dueAt} />}
      <Table
        caption={`Keys of ${keyset.keyset}`}
        isCaptionUnseen
        heads={['Key', 'State', 'Algorithm', 'Age', 'Made', 'Uses']}
        rows={keyset.keys.map((key) => ({
          key: key.id,
          cells: [
            <code key="id">{key.id}</code>,
            <Tag key="state" tone={toneOf(key.state)}>
              {key.state}
            </Tag>,
            key.algorithm,
            counted(key.ageDays, 'day'),
            <Moment key="made" at={key.createdAt} />,
            <Use key="use" {...key} />,
          ],
        }))}
      />
    </section>
  );
}

/** Keysets with the age, state and use of their keys, and what is due. Never a byte of a key. */
export function KeysPage() {
  const { api } = useSession();
  const { loaded, reload } = useLoaded('keys', () => api.get<Page<Keyset>>('/v1/keys'));
  return (
    <ShownWhenLoaded what="keys" loaded={loaded} onRetry={reload}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyNote>
            There are no keysets yet. <code>sealstream keys rotate</code> makes them.
          </EmptyNote>
        ) : (
          <>
            <p class="lead">
              New values are sealed under the active key of a keyset; older keys only open.
            </p>
            {items.map((keyset) => (
              <KeysetCard key={keyset.keyset} keyset={keyset} />
            ))}
          </>
        )
      }
    </ShownWhenLoaded>
  );
}
