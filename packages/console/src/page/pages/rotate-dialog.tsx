import { useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import type { RotatedKeys } from '../api/care-answers.ts';
import { useDeed } from '../deed.ts';
import { typedText } from '../form-text.ts';
import { DatasetField, useDatasetNames } from '../parts/dataset-field.tsx';
import { DeedDialog } from '../parts/deed-dialog.tsx';
import { ReasonField } from '../parts/reason-field.tsx';
import { Tag } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import { counted } from '../words/numbers.ts';

/** One keyset, whose keys are made anew; or whatever is missing or due in a dataset. */
export type RotateTarget = { readonly dataset: string; readonly purpose: string } | 'due';

interface Order {
  readonly dataset: string;
  readonly body: {
    readonly mode: 'all' | 'due';
    readonly purpose?: string;
    readonly reason: string;
  };
}

const madeOf = ({ changes }: RotatedKeys) => changes.filter(({ action }) => action !== 'unchanged');

function Result({ rotated }: { readonly rotated: RotatedKeys }) {
  const made = madeOf(rotated);
  return (
    <>
      {made.length === 0 ? <p>Nothing was missing or due.</p> : null}
      <ul class="plain-list">
        {made.map(({ action, algorithm, keyId, name, version, why }) => (
          <li key={`${name}/${keyId}`}>
            <Tag tone="good">{action}</Tag> <strong>{name}</strong>, version {version}: new values
            are sealed under <code>{keyId}</code>
            {algorithm === undefined ? '' : ` (${algorithm})`}
            {why === undefined ? '' : `, since: ${why}`}
          </li>
        ))}
      </ul>
      {rotated.left.length === 0 ? null : (
        <p>
          <Tag tone="warn">left</Tag> The service was not given the outermost keys of{' '}
          {rotated.left.join(', ')}: <code>sealstream keys rotate</code> does these.
        </p>
      )}
    </>
  );
}

function Words({ target }: { readonly target: RotateTarget }) {
  if (target === 'due')
    return (
      <p>
        Makes keys that are missing, older than 90 days or used more than 2<sup>30</sup> times, in
        every keyset of the dataset.
      </p>
    );
  return (
    <p>
      Makes a new key in <strong>{`${target.purpose}/${target.dataset}`}</strong>. New values are
      sealed under it; what older keys sealed still opens.
    </p>
  );
}

interface Props {
  readonly target: RotateTarget;
  readonly onClose: () => void;
  readonly onRotated: () => void;
}

/** Makes new keys, for a reason that is kept. */
export function RotateDialog({ onClose, onRotated, target }: Props) {
  const { api } = useSession();
  const { names } = useDatasetNames();
  const [chosen, setChosen] = useState('');
  const deed = useDeed<Order, RotatedKeys>(({ body, dataset }, approval) =>
    api.post(`${apiPath('datasets', dataset, 'keys')}/rotate`, body, approval),
  );
  const orderOf = (form: HTMLFormElement): Order | undefined => {
    const reason = typedText(form, 'reason').trim();
    if (target !== 'due')
      return { dataset: target.dataset, body: { mode: 'all', purpose: target.purpose, reason } };
    const dataset = chosen === '' ? names[0] : chosen;
    return dataset === undefined ? undefined : { dataset, body: { mode: 'due', reason } };
  };
  return (
    <DeedDialog
      title={target === 'due' ? 'Rotate what is due?' : 'Rotate this keyset?'}
      verb="Rotate"
      verbDoing="Rotating …"
      doneTitle={(done) => `${counted(madeOf(done).length, 'key')} made`}
      deed={deed}
      orderOf={orderOf}
      result={(done) => <Result rotated={done} />}
      onClose={() => {
        if (deed.done !== undefined) onRotated();
        onClose();
      }}
    >
      <Words target={target} />
      {target === 'due' ? (
        <DatasetField
          names={names}
          value={chosen === '' ? (names[0] ?? '') : chosen}
          onChange={setChosen}
        />
      ) : null}
      <ReasonField />
    </DeedDialog>
  );
}
