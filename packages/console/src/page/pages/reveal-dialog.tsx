import { useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import type { Opened, Purpose } from '../api/answers.ts';
import { factsOf, type ProblemFacts } from '../api/api-problem.ts';
import { typedText } from '../form-text.ts';
import { Modal } from '../parts/modal.tsx';
import { EmptyNote } from '../parts/notes.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import type { PastedToken } from '../pasted-tokens.ts';
import { useSession } from '../session.ts';
import { counted } from '../words/numbers.ts';

interface Props {
  readonly dataset: string;
  readonly path: string;
  readonly tokens: readonly PastedToken[];
  readonly onClose: () => void;
  readonly onRevealed: (values: readonly Opened[]) => void;
}

interface FieldsProps {
  readonly purposes: readonly Purpose[];
  readonly chosen: Purpose | undefined;
  readonly onChoose: (name: string) => void;
}

function PurposeFields({ chosen, onChoose, purposes }: FieldsProps) {
  const reference = chosen?.reference ?? 'none';
  return (
    <>
      <label class="field">
        <span>Purpose</span>
        <select
          required
          value={chosen?.name ?? ''}
          onChange={({ currentTarget }) => onChoose(currentTarget.value)}
        >
          <option value="">Choose a purpose</option>
          {purposes.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {chosen === undefined ? null : <p class="quiet">{chosen.meaning}</p>}
      {reference === 'none' ? null : (
        <label class="field">
          <span>
            Reference, such as a case number{' '}
            {reference === 'required' ? '(required)' : '(optional)'}
          </span>
          <input
            name="reference"
            autoComplete="off"
            maxLength={100}
            required={reference === 'required'}
            pattern="[\p{L}\p{N} ._:\/#\-]+"
            title="Letters, digits, spaces and . _ : / # -"
          />
        </label>
      )}
    </>
  );
}

/** Asks what for, as the policy demands it, and then the service. Tokens go into no address. */
export function RevealDialog({ dataset, onClose, onRevealed, path, tokens }: Props) {
  const { announce, api, me } = useSession();
  const [chosen, setChosen] = useState<Purpose>();
  const [problem, setProblem] = useState<ProblemFacts>();
  const [isBusy, setBusy] = useState(false);
  const ask = async (purpose: Purpose, reference: string): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { values } = await api.post<{ values: readonly Opened[] }>(
        `${apiPath('datasets', dataset)}/reveal`,
        {
          purpose: purpose.name,
          ...(reference === '' ? {} : { reference }),
          values: tokens.map((token) => ({ path, ...token })),
        },
      );
      announce(`${counted(values.length, 'answer')} shown for 60 seconds.`);
      onRevealed(values);
    } catch (error) {
      setProblem(factsOf(error));
      setBusy(false);
    }
  };
  return (
    <Modal title={`Reveal ${counted(tokens.length, 'value')}?`} onClose={onClose}>
      <p>
        Field <code>{path}</code> of dataset <strong>{dataset}</strong>. Your name, the purpose and
        the reference are kept on the audit log.
      </p>
      {me.purposes.length === 0 ? (
        <EmptyNote>The policy has no purpose that you may give.</EmptyNote>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const reference = typedText(event.currentTarget, 'reference').trim();
            if (chosen !== undefined) void ask(chosen, reference);
          }}
        >
          <PurposeFields
            purposes={me.purposes}
            chosen={chosen}
            onChoose={(wanted) => setChosen(me.purposes.find(({ name }) => name === wanted))}
          />
          {problem === undefined ? null : <ProblemNote problem={problem} />}
          <div class="modal-foot">
            <button type="button" class="button" onClick={onClose}>
              Cancel
            </button>
            <button
              type="submit"
              class="button button-main"
              disabled={isBusy || chosen === undefined}
            >
              {isBusy ? 'Revealing …' : 'Reveal'}
            </button>
          </div>
        </form>
      )}
    </Modal>
  );
}
