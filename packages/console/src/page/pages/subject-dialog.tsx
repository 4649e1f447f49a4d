import { apiPath } from '../api/api-client.ts';
import type { ShredPlan, SubjectDeed } from '../api/care-answers.ts';
import { useDeed } from '../deed.ts';
import { typedText } from '../form-text.ts';
import { useLoaded } from '../loaded.ts';
import { DeedDialog } from '../parts/deed-dialog.tsx';
import { ReasonField } from '../parts/reason-field.tsx';
import { Receipt } from '../parts/receipt.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Table } from '../parts/table.tsx';
import { Tag } from '../parts/tag.tsx';
import { TypedAgain } from '../parts/typed-again.tsx';
import { useSession } from '../session.ts';
import { AFTER_SHRED } from '../words/after-shred.ts';
import { counted } from '../words/numbers.ts';
import type { FoundPerson } from './person-form.tsx';

/** What can be done to the key of a person. */
export type SubjectDeedName = 'shred' | 're-enrol';

const WORDS = {
  shred: {
    title: 'Shred this person?',
    verb: 'Shred',
    doing: 'Shredding …',
    done: 'Shredded',
    unchanged: 'Shredded before: this is the first receipt',
  },
  're-enrol': {
    title: 'Let this person have a new key?',
    verb: 'Re-enrol',
    doing: 'Re-enrolling …',
    done: 'Re-enrolled',
    unchanged: 'Nothing to do: the person may have a key already',
  },
} as const;

/** The last characters of the index: enough to look twice. */
const TYPED = 6;

function Plan({ dataset }: { readonly dataset: string }) {
  const { api } = useSession();
  const path = `${apiPath('datasets', dataset)}/shred-plan`;
  const { loaded, reload } = useLoaded(path, () => api.get<ShredPlan>(path));
  return (
    <ShownWhenLoaded what="what a shred ends" loaded={loaded} onRetry={reload}>
      {({ fields, notes }) => (
        <details>
          <summary>What opens no more, and what stays</summary>
          <Table
            caption={`Fields of ${dataset} after a shred`}
            isCaptionUnseen
            heads={['Field', 'Topic', 'Treatment', 'Afterwards']}
            rows={fields.map(({ after, path, topic, treatment }) => ({
              key: `${topic}/${path}`,
              cells: [
                <code key="path">{path}</code>,
                topic,
                treatment,
                <Tag key="after" tone={AFTER_SHRED[after]?.tone ?? 'plain'}>
                  {AFTER_SHRED[after]?.text ?? after}
                </Tag>,
              ],
            }))}
          />
          <ul class="notes">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </ShownWhenLoaded>
  );
}

function Result({ deed, index }: { readonly deed: SubjectDeed; readonly index: string }) {
  const { actor, number, reason, receipt, vaultRows } = deed;
  return (
    <>
      {deed.outcome === 'finished' ? (
        <p>An earlier order had been cut; what it left undone is done now.</p>
      ) : (
        <p>
          By <strong>{actor}</strong> for {reason}, number {number} of the dataset.{' '}
          {vaultRows === undefined ? '' : `${counted(vaultRows, 'row')} went from the token vault.`}
        </p>
      )}
      {receipt === undefined ? null : <Receipt text={receipt} index={index} />}
    </>
  );
}

interface Props {
  readonly person: FoundPerson;
  readonly name: SubjectDeedName;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Ends the key of a person for good, or lets them have one again; a second person must agree to both. */
export function SubjectDialog({ name, onClose, onDone, person: { dataset, index } }: Props) {
  const { api } = useSession();
  const words = WORDS[name];
  const deed = useDeed<string, SubjectDeed>((reason, approval) =>
    api.post(`${apiPath('datasets', dataset, 'subjects')}/${name}`, { index, reason }, approval),
  );
  const close = () => {
    if (deed.done !== undefined) onDone();
    onClose();
  };
  return (
    <DeedDialog
      title={words.title}
      verb={words.verb}
      verbDoing={words.doing}
      doneTitle={({ outcome }) => (outcome === 'unchanged' ? words.unchanged : words.done)}
      deed={deed}
      orderOf={(form) => typedText(form, 'reason').trim()}
      result={(done) => <Result deed={done} index={index} />}
      onClose={close}
    >
      <p>
        Person <code>{index}</code> of dataset <strong>{dataset}</strong>.
      </p>
      {name === 'shred' ? (
        <>
          <p>
            <strong>This cannot be undone.</strong> Their key ends, and nothing sealed under it
            opens again. A second person must agree.
          </p>
          <Plan dataset={dataset} />
        </>
      ) : (
        <p>
          New records of this person are taken again, under a new key. What was shredded stays
          destroyed. A second person must agree.
        </p>
      )}
      <ReasonField />
      <TypedAgain wanted={index.slice(-TYPED)} what={`the last ${TYPED} characters of the index`} />
    </DeedDialog>
  );
}
