import { useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import { factsOf, type ProblemFacts } from '../api/api-problem.ts';
import { typedText } from '../form-text.ts';
import { DatasetField, useDatasetNames } from '../parts/dataset-field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useSession } from '../session.ts';

/** Whose key is looked at. */
export interface FoundPerson {
  readonly dataset: string;
  readonly index: string;
}

/** The one form that 16 bytes have in base64url. */
const INDEX_PATTERN = String.raw`[A-Za-z0-9_\-]{21}[AQgw]`;

type Way = 'value' | 'index';

interface WhoProps {
  readonly way: Way;
  readonly onWay: (way: Way) => void;
}

function Who({ onWay, way }: WhoProps) {
  return (
    <>
      <label class="field">
        <span>Find by</span>
        <select
          value={way}
          onChange={({ currentTarget }) =>
            onWay(currentTarget.value === 'index' ? 'index' : 'value')
          }
        >
          <option value="value">what the subject field holds</option>
          <option value="index">the index, from a receipt or the audit log</option>
        </select>
      </label>
      {way === 'index' ? (
        <label class="field" key="index">
          <span>Index</span>
          <input
            name="who"
            autoComplete="off"
            autoCapitalize="none"
            spellcheck={false}
            required
            pattern={INDEX_PATTERN}
            title="22 letters, digits, - and _"
          />
        </label>
      ) : (
        <label class="field" key="value">
          <span>Value of the subject field</span>
          <input
            name="who"
            autoComplete="off"
            autoCapitalize="none"
            spellcheck={false}
            required
            maxLength={8192}
            aria-describedby="who-hint"
          />
        </label>
      )}
    </>
  );
}

interface Props {
  readonly named: string | undefined;
  /** undefined while somebody else is looked for, so that nobody is taken for them. */
  readonly onFound: (person: FoundPerson | undefined) => void;
}

/** Finds a person by a value, which goes into the body of one request and is forgotten, or by the index. */
export function PersonForm({ named, onFound }: Props) {
  const { api } = useSession();
  const { names } = useDatasetNames();
  const [typed, setDataset] = useState(named ?? '');
  const [way, setWay] = useState<Way>('value');
  const [problem, setProblem] = useState<ProblemFacts>();
  const [isBusy, setBusy] = useState(false);
  const dataset = typed === '' ? (names[0] ?? '') : typed;
  const find = async (form: HTMLFormElement): Promise<void> => {
    const who = typedText(form, 'who');
    setProblem(undefined);
    onFound(undefined);
    if (way === 'index') return onFound({ dataset, index: who });
    setBusy(true);
    try {
      const path = `${apiPath('datasets', dataset, 'subjects')}/index`;
      const { index } = await api.post<{ readonly index: string }>(path, { subject: who });
      form.reset();
      onFound({ dataset, index });
    } catch (error) {
      setProblem(factsOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        if (dataset !== '') void find(event.currentTarget);
      }}
    >
      <div class="filters">
        <DatasetField names={names} value={dataset} onChange={setDataset} />
        <Who way={way} onWay={setWay} />
      </div>
      <p class="quiet" id="who-hint">
        A value goes to the service once, is kept nowhere, and is gone from here once its index is
        known.
      </p>
      {problem === undefined ? null : <ProblemNote problem={problem} />}
      <button type="submit" class="button button-main" disabled={isBusy}>
        {isBusy ? 'Finding …' : 'Find'}
      </button>
    </form>
  );
}
