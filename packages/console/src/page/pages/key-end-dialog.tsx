import { apiPath, withQuery } from '../api/api-client.ts';
import type { DestroyedKey, KeyUsage } from '../api/care-answers.ts';
import { useDeed } from '../deed.ts';
import { typedText } from '../form-text.ts';
import { useLoaded } from '../loaded.ts';
import { DeedDialog } from '../parts/deed-dialog.tsx';
import { Moment } from '../parts/moment.tsx';
import { ReasonField } from '../parts/reason-field.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Table } from '../parts/table.tsx';
import { Tag } from '../parts/tag.tsx';
import { TypedAgain } from '../parts/typed-again.tsx';
import { useSession } from '../session.ts';
import { isForceable, KEY_HINDRANCES } from '../words/key-hindrances.ts';
import { count, counted } from '../words/numbers.ts';

/** A key of a keyset. */
export interface EndingKey {
  readonly dataset: string;
  readonly purpose: string;
  readonly key: string;
}

function Found({ usage }: { readonly usage: KeyUsage['usage'] }) {
  const moment = (at: string) => (at === '' ? 'no time' : <Moment at={at} />);
  return (
    <Table
      caption="Records that name the key"
      heads={['Topic', 'Records', 'Oldest', 'Newest']}
      rows={usage.map(({ first, last, records, topic }) => ({
        key: topic,
        cells: [topic, count(records), moment(first), moment(last)],
      }))}
    />
  );
}

function Report({ found }: { readonly found: KeyUsage }) {
  const { mayGo, records, topics, usage, why } = found;
  return (
    <>
      <p>
        {mayGo ? <Tag tone="good">may go</Tag> : <Tag tone="bad">may not go</Tag>}{' '}
        {counted(records, 'record')} on {counted(topics.length, 'topic')}{' '}
        {records === 1 ? 'names' : 'name'} it. The raw topic and copies elsewhere were not read.
      </p>
      {why.length === 0 ? null : (
        <ul class="plain-list">
          {why.map((one) => (
            <li key={one}>{KEY_HINDRANCES[one] ?? one}</li>
          ))}
        </ul>
      )}
      {usage.length === 0 ? null : <Found usage={usage} />}
    </>
  );
}

/** What the reader may do about a key: end it, end it by force, or nothing, and why. */
interface Way {
  readonly kind: 'plain' | 'forced' | 'none';
  /** Of `none`; empty while nothing is known. */
  readonly why: string;
}

const needs = (action: string): Way => ({
  kind: 'none',
  why: `Your roles do not let you end it: that needs the action ${action}.`,
});

function wayOf(found: KeyUsage | undefined, actions: readonly string[]): Way {
  if (found === undefined) return { kind: 'none', why: '' };
  const [kind, action] = found.mayGo
    ? (['plain', 'keys.destroy'] as const)
    : (['forced', 'keys.destroy-forced'] as const);
  if (kind === 'forced' && !isForceable(found.why))
    return { kind: 'none', why: 'It cannot be ended now, by nobody.' };
  return actions.includes(action) ? { kind, why: '' } : needs(action);
}

interface Props {
  readonly ending: EndingKey;
  readonly onClose: () => void;
  readonly onEnded: () => void;
}

interface Order {
  readonly reason: string;
  readonly force: 'true' | 'false';
}

function Words({ isForced }: { readonly isForced: boolean }) {
  return (
    <p>
      <strong>This cannot be undone.</strong>{' '}
      {isForced
        ? 'What needs the key opens no more, in any copy. A second person must agree.'
        : 'The topics are read once more before it ends.'}
    </p>
  );
}

/** Reads what still needs a key, and ends it for good where it may go. */
export function KeyEndDialog({ ending, onClose, onEnded }: Props) {
  const { dataset, key, purpose } = ending;
  const { api, me } = useSession();
  const path = apiPath('datasets', dataset, 'keys', purpose, key);
  const { loaded, reload } = useLoaded(path, () => api.get<KeyUsage>(`${path}/usage`));
  const { kind, why } = wayOf(loaded.state === 'ready' ? loaded.value : undefined, me.actions);
  const isForced = kind === 'forced';
  const deed = useDeed<Order, DestroyedKey>((order, approval) =>
    api.delete(withQuery(path, { ...order }), approval),
  );
  return (
    <DeedDialog
      title={`May key ${key} go?`}
      verb={isForced ? 'Destroy by force' : 'Destroy'}
      verbDoing="Destroying …"
      doneTitle={({ action }) => (action === 'destroyed' ? 'Destroyed' : 'It was gone already')}
      deed={deed}
      isOpen={kind !== 'none'}
      orderOf={(form): Order => ({
        reason: typedText(form, 'reason').trim(),
        force: isForced ? 'true' : 'false',
      })}
      result={({ keyId, name, records }) => (
        <p>
          Key <code>{keyId}</code> of {name} is gone for good. {counted(records, 'record')} named
          it.
        </p>
      )}
      onClose={() => {
        if (deed.done !== undefined) onEnded();
        onClose();
      }}
    >
      <p class="quiet">
        Of keyset {purpose}/{dataset}. The topics are read to their ends, which may take two
        minutes.
      </p>
      <ShownWhenLoaded what="what needs it" loaded={loaded} onRetry={reload}>
        {(found) => <Report found={found} />}
      </ShownWhenLoaded>
      {kind !== 'none' ? (
        <>
          <Words isForced={isForced} />
          <ReasonField />
          <TypedAgain wanted={key} what="the id of the key" />
        </>
      ) : why === '' ? null : (
        <p>{why}</p>
      )}
    </DeedDialog>
  );
}
