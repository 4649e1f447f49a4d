import { useRef, useState } from 'preact/hooks';
import type { DatasetFields } from '../api/answers.ts';
import { apiPath } from '../api/api-client.ts';
import { useLoaded } from '../loaded.ts';
import { DatasetField, useDatasetNames } from '../parts/dataset-field.tsx';
import { type PastedToken, pastedTokens } from '../pasted-tokens.ts';
import { useSession } from '../session.ts';

/**
 * Paths of a dataset that can be revealed: undefined while they are not known, none where the reader may
 * not see the policy.
 */
function useRevealable(dataset: string): readonly string[] | undefined {
  const { api, me } = useSession();
  const isKnown = dataset !== '' && me.actions.includes('policy.read');
  const { loaded } = useLoaded(`fields of ${dataset}`, async () => {
    if (!isKnown) return [];
    const { fields } = await api.get<DatasetFields>(apiPath('datasets', dataset));
    return fields.filter(({ can }) => can.includes('reveal')).map(({ path }) => path);
  });
  if (dataset === '' || loaded.state === 'loading') return undefined;
  return loaded.state === 'ready' ? loaded.value : [];
}

interface PathFieldProps {
  /** Undefined while they are not known: what would be chosen then might be gone a moment later. */
  readonly paths: readonly string[] | undefined;
  readonly value: string;
  readonly onChange: (path: string) => void;
}

function PathField({ onChange, paths, value }: PathFieldProps) {
  return (
    <label class="field">
      <span>Field</span>
      {paths === undefined ? (
        <select disabled={true}>
          <option>…</option>
        </select>
      ) : paths.length === 0 ? (
        <input
          value={value}
          autoComplete="off"
          onChange={({ currentTarget }) => onChange(currentTarget.value.trim())}
        />
      ) : (
        <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          {paths.map((path) => (
            <option key={path} value={path}>
              {path}
            </option>
          ))}
        </select>
      )}
    </label>
  );
}

/** Which values are asked for. */
export interface AskedTokens {
  readonly dataset: string;
  readonly path: string;
  readonly tokens: readonly PastedToken[];
}

interface TokensFormProps {
  readonly named: string | undefined;
  readonly onAsked: (asked: AskedTokens) => void;
}

/** Chooses dataset and field, and takes pasted tokens; they stay in their box and nowhere else. */
export function TokensForm({ named, onAsked }: TokensFormProps) {
  const { names } = useDatasetNames();
  const [typed, setDataset] = useState(named ?? '');
  const dataset = typed === '' ? (names[0] ?? '') : typed;
  const paths = useRevealable(dataset);
  const [typedPath, setPath] = useState('');
  const isFree = paths === undefined || paths.length === 0 || paths.includes(typedPath);
  const path = isFree ? typedPath : (paths[0] ?? '');
  const box = useRef<HTMLTextAreaElement>(null);
  const [fault, setFault] = useState('');
  const submit = () => {
    const found = pastedTokens(box.current?.value ?? '');
    if ('fault' in found) {
      setFault(`Line ${found.line}: ${found.fault}.`);
      box.current?.focus();
    } else if (dataset === '' || path === '') setFault('Say the dataset and the field.');
    else {
      setFault('');
      onAsked({ dataset, path, tokens: found });
    }
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="filters">
        <DatasetField names={names} value={dataset} onChange={setDataset} />
        <PathField paths={paths} value={path} onChange={setPath} />
      </div>
      <label class="field">
        <span>Tokens from the encrypted topic, one a line</span>
        <textarea
          ref={box}
          rows={6}
          class="tokens"
          autoComplete="off"
          autoCapitalize="none"
          spellcheck={false}
          aria-describedby="tokens-hint"
          aria-invalid={fault !== ''}
        />
      </label>
      <p class="quiet" id="tokens-hint">
        Where the field is bound to its record or person, add source= and subject= after the token.
      </p>
      <p class="fault" role="alert">
        {fault}
      </p>
      <button type="submit" class="button button-main">
        Reveal …
      </button>
    </form>
  );
}
