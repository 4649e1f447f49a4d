import { useSession } from '../session.ts';
import { type Loading, useLoaded } from '../loaded.ts';
import type { ApiClient } from '../api/api-client.ts';
import type { Flow } from '../api/answers.ts';

async function datasetNames(api: ApiClient, actions: readonly string[]): Promise<string[]> {
  if (actions.includes('policy.read')) {
    const { datasets } = await api.get<{ datasets: { name: string }[] }>('/v1/datasets');
    return datasets.map(({ name }) => name);
  }
  if (!actions.includes('flow.read')) return [];
  const { datasets } = await api.get<Flow>('/v1/flow');
  return datasets.map(({ name }) => name);
}

interface DatasetNames extends Loading<readonly string[]> {
  /** Empty until they are known, and where the reader may not see them. */
  readonly names: readonly string[];
}

/** Names of the datasets, as far as the reader may see them. */
export function useDatasetNames(): DatasetNames {
  const { api, me } = useSession();
  const loading = useLoaded<readonly string[]>('datasets', () => datasetNames(api, me.actions));
  return { ...loading, names: loading.loaded.state === 'ready' ? loading.loaded.value : [] };
}

interface Props {
  readonly names: readonly string[];
  readonly value: string;
  readonly onChange: (name: string) => void;
  /** The entry that stands for all of them, where there is one. */
  readonly all?: string;
}

/** Chooses a dataset: from a list, or by its name where the reader may not see the list. */
export function DatasetField({ all, names, onChange, value }: Props) {
  return (
    <label class="field">
      <span>Dataset</span>
      {names.length === 0 ? (
        <input
          value={value}
          autoComplete="off"
          onChange={({ currentTarget }) => onChange(currentTarget.value.trim())}
        />
      ) : (
        <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          {all === undefined ? null : <option value="">{all}</option>}
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
    </label>
  );
}
