import { useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import type { ReplayResult } from '../api/answers.ts';
import { factsOf, type ProblemFacts } from '../api/api-problem.ts';
import { useLoaded } from '../loaded.ts';
import { Modal } from '../parts/modal.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { useSession } from '../session.ts';
import { counted } from '../words/numbers.ts';

/** Records by their ids, or all that a filter fits. */
export type ReplayTarget =
  | { readonly ids: readonly string[] }
  | { readonly all: { readonly stage?: string; readonly code?: string } };

interface Props {
  readonly dataset: string;
  readonly target: ReplayTarget;
  readonly onClose: () => void;
  readonly onReplayed: () => void;
}

function Result({ isDry, result }: { readonly isDry: boolean; readonly result: ReplayResult }) {
  const { refused, replayed, skipped } = result;
  return (
    <>
      <ul class="plain-list" role={isDry ? undefined : 'status'}>
        <li>
          <strong>{counted(replayed, 'record')}</strong> {isDry ? 'would go' : 'went'} back into the
          flow
        </li>
        <li>{counted(skipped, 'record')} skipped: replayed before</li>
        <li>{counted(refused.length, 'record')} refused</li>
      </ul>
      {refused.length === 0 ? null : (
        <ul class="plain-list quiet">
          {refused.slice(0, 20).map(({ code, id }) => (
            <li key={id}>
              {id}: <code>{code}</code>
            </li>
          ))}
          {refused.length > 20 ? <li>and {counted(refused.length - 20, 'more', 'more')}</li> : null}
        </ul>
      )}
    </>
  );
}

function wordsOf(target: ReplayTarget): string {
  if ('ids' in target) return counted(target.ids.length, 'chosen record');
  const { code, stage } = target.all;
  const limits = [
    stage === undefined ? [] : [`of stage ${stage}`],
    code === undefined ? [] : [`with ${code}`],
  ].flat();
  return limits.length === 0 ? 'all rejected records' : `all rejected records ${limits.join(' ')}`;
}

/** Asks the service what a replay would do, shows it, does it when that is confirmed, and tells. */
export function ReplayDialog({ dataset, onClose, onReplayed, target }: Props) {
  const { announce, api } = useSession();
  const path = apiPath('datasets', dataset, 'rejects', 'replay');
  const body = 'ids' in target ? { ids: target.ids } : target.all;
  const { loaded, reload } = useLoaded('dry', () =>
    api.post<ReplayResult>(path, { ...body, dryRun: true }),
  );
  const [result, setResult] = useState<ReplayResult>();
  const [problem, setProblem] = useState<ProblemFacts>();
  const [isBusy, setBusy] = useState(false);
  const replay = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const done = await api.post<ReplayResult>(path, body);
      setResult(done);
      announce(`${counted(done.replayed, 'record')} replayed`);
    } catch (error) {
      setProblem(factsOf(error));
    } finally {
      setBusy(false);
    }
  };
  const close = () => {
    if (result !== undefined) onReplayed();
    onClose();
  };
  const canReplay = loaded.state === 'ready' && loaded.value.replayed > 0;
  return (
    <Modal title={result === undefined ? 'Replay these records?' : 'Replayed'} onClose={close}>
      <p>
        <strong>{wordsOf(target)}</strong> of dataset <strong>{dataset}</strong>. They go through
        the whole flow again, under the policy as it is now.
      </p>
      {result === undefined ? (
        <ShownWhenLoaded what="what a replay would do" loaded={loaded} onRetry={reload}>
          {(dry) => <Result isDry result={dry} />}
        </ShownWhenLoaded>
      ) : (
        <Result isDry={false} result={result} />
      )}
      {problem === undefined ? null : <ProblemNote problem={problem} />}
      <div class="modal-foot">
        <button type="button" class="button" onClick={close}>
          {result === undefined ? 'Cancel' : 'Close'}
        </button>
        {result === undefined ? (
          <button
            type="button"
            class="button button-main"
            disabled={isBusy || !canReplay}
            onClick={() => void replay()}
          >
            {isBusy ? 'Replaying …' : 'Replay'}
          </button>
        ) : null}
      </div>
    </Modal>
  );
}
