import { useState } from 'preact/hooks';
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
import { type EndingKey, KeyEndDialog } from './key-end-dialog.tsx';
import { RotateDialog, type RotateTarget } from './rotate-dialog.tsx';

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
      {usesHigh !== undefined && uses >= usesHigh ? <Tag tone="warn">near its end</Tag> : null}
    </>
  );
}

/** What can be opened over the page. */
type Opened =
  | { readonly as: 'rotate'; readonly target: RotateTarget }
  | { readonly as: 'end'; readonly key: EndingKey };

interface CardProps {
  readonly keyset: Keyset;
  readonly canRotate: boolean;
  readonly onOpen: (opened: Opened) => void;
}

const HEADS = ['Key', 'State', 'Algorithm', 'Age', 'Made', 'Uses', 'To do'];
/** An active key must be rotated first, and what is gone is gone. */
const NO_END = ['active', 'pending', 'destroyed'];

function KeysetCard({ canRotate, keyset, onOpen }: CardProps) {
  const { dataset, purpose } = keyset;
  return (
    <section class="card" aria-label={`Keyset ${keyset.keyset}`}>
      <h2>{keyset.keyset}</h2>
      <p class="quiet">
        Purpose {purpose}, dataset {dataset}, version {count(keyset.version)}
      </p>
      {keyset.problem === undefined ? null : (
        <p>
          <Tag tone="bad">not believed</Tag> Its copy in Redis is refused:{' '}
          <code>{keyset.problem}</code>
        </p>
      )}
      {keyset.rotation === undefined ? null : <Due dueAt={keyset.rotation.dueAt} />}
      <Table
        caption={`Keys of ${keyset.keyset}`}
        isCaptionUnseen
        heads={HEADS}
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
            NO_END.includes(key.state) ? (
              <span class="quiet">nothing</span>
            ) : (
              <button
                type="button"
                class="button"
                onClick={() => onOpen({ as: 'end', key: { dataset, purpose, key: key.id } })}
              >
                May it go?<span class="unseen"> Key {key.id}</span>
              </button>
            ),
          ],
        }))}
      />
      {keyset.rotation === undefined ? (
        <p class="quiet">Keys of this purpose are made once and never rotate.</p>
      ) : canRotate ? (
        <button
          type="button"
          class="button"
          onClick={() => onOpen({ as: 'rotate', target: { dataset, purpose } })}
        >
          Rotate …<span class="unseen"> {keyset.keyset}</span>
        </button>
      ) : null}
    </section>
  );
}

/** Keysets with the age, state and use of their keys, and what is due. Never a byte of a key. */
export function KeysPage() {
  const { api, me } = useSession();
  const { loaded, reload } = useLoaded('keys', () => api.get<Page<Keyset>>('/v1/keys'));
  const [opened, setOpened] = useState<Opened>();
  const canRotate = me.actions.includes('keys.rotate');
  const close = () => setOpened(undefined);
  return (
    <>
      <p class="lead">
        New values are sealed under the active key of a keyset; older keys only open.
        {canRotate
          ? ''
          : ' Making new keys needs the action keys.rotate, which no role of yours has.'}
      </p>
      {canRotate ? (
        <div class="actions">
          <button
            type="button"
            class="button"
            onClick={() => setOpened({ as: 'rotate', target: 'due' })}
          >
            Rotate what is due …
          </button>
        </div>
      ) : null}
      <ShownWhenLoaded what="keys" loaded={loaded} onRetry={reload}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyNote>
              There are no keysets yet. <code>sealstream keys rotate</code> makes them.
            </EmptyNote>
          ) : (
            items.map((keyset) => (
              <KeysetCard key={keyset.keyset} {...{ canRotate, keyset }} onOpen={setOpened} />
            ))
          )
        }
      </ShownWhenLoaded>
      {opened?.as === 'rotate' ? (
        <RotateDialog target={opened.target} onClose={close} onRotated={reload} />
      ) : null}
      {opened?.as === 'end' ? (
        <KeyEndDialog ending={opened.key} onClose={close} onEnded={reload} />
      ) : null}
    </>
  );
}
