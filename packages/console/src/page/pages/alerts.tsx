import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import { factsOf, type ProblemFacts } from '../api/api-problem.ts';
import type { Alert, Page } from '../api/answers.ts';
import { useNow } from '../clock.ts';
import { typedText } from '../form-text.ts';
import { useLoaded } from '../loaded.ts';
import { Modal } from '../parts/modal.tsx';
import { Moment } from '../parts/moment.tsx';
import { EmptyNote } from '../parts/notes.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { Runbook } from '../parts/runbook.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Tag } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import { counted } from '../words/numbers.ts';
import { agoText } from '../words/times.ts';

const ASK_AGAIN_MS = 10_000;
const NOTE_MAX = 200;

interface AcknowledgeProps {
  readonly alert: Alert;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function AcknowledgeDialog({ alert, onClose, onDone }: AcknowledgeProps) {
  const { api } = useSession();
  const [problem, setProblem] = useState<ProblemFacts>();
  const [isBusy, setBusy] = useState(false);
  const send = async (note: string): Promise<void> => {
    setBusy(true);
    try {
      const body = note === '' ? {} : { note };
      await api.post<Alert>(`${apiPath('alerts', alert.id)}/acknowledge`, body);
      onDone();
    } catch (error) {
      setProblem(factsOf(error));
      setBusy(false);
    }
  };
  return (
    <Modal title="Acknowledge this alert" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send(typedText(event.currentTarget, 'note').trim());
        }}
      >
        <p>
          Others see that you look after <strong>{alert.rule}</strong>. It stays until the alert
          resolves.
        </p>
        <label class="field">
          <span>Note (may be empty; no values of records)</span>
          <textarea name="note" rows={3} maxLength={NOTE_MAX} />
        </label>
        {problem === undefined ? null : <ProblemNote problem={problem} />}
        <div class="modal-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={isBusy}>
            Acknowledge
          </button>
        </div>
      </form>
    </Modal>
  );
}

function Where({ alert: { dataset, service, topic } }: { readonly alert: Alert }) {
  const parts = [
    dataset === undefined ? [] : [`dataset ${dataset}`],
    service === undefined ? [] : [`service ${service}`],
    topic === undefined ? [] : [`topic ${topic}`],
  ].flat();
  return parts.length === 0 ? null : <p class="quiet">{parts.join(' · ')}</p>;
}

interface CardProps {
  readonly alert: Alert;
  readonly now: number;
  readonly onAcknowledge: (() => void) | undefined;
  readonly onRunbook: () => void;
}

function AlertCard({ alert, now, onAcknowledge, onRunbook }: CardProps) {
  const { acknowledged, state } = alert;
  const isFiring = state === 'firing';
  return (
    <li class={isFiring ? 'card alert-firing' : 'card'}>
      <h2>
        <Tag tone={isFiring ? 'bad' : 'good'}>{state}</Tag> {alert.rule}
      </h2>
      <Where alert={alert} />
      <dl class="facts">
        <div class="fact">
          <dt>Expected</dt>
          <dd>{alert.expected}</dd>
        </div>
        <div class="fact">
          <dt>Seen</dt>
          <dd>{alert.seen}</dd>
        </div>
        <div class="fact">
          <dt>Severity</dt>
          <dd>{alert.severity}</dd>
        </div>
        <div class="fact">
          <dt>{isFiring ? 'Since' : 'Resolved'}</dt>
          <dd>
            <Moment at={isFiring ? alert.since : alert.changedAt} />{' '}
            <span class="quiet">{agoText(isFiring ? alert.since : alert.changedAt, now)}</span>
          </dd>
        </div>
      </dl>
      {acknowledged === undefined ? null : (
        <p>
          <Tag tone="plain">acknowledged</Tag> by <strong>{acknowledged.by}</strong>,{' '}
          {agoText(acknowledged.at, now)}
          {acknowledged.note === undefined ? '' : `: ${acknowledged.note}`}
        </p>
      )}
      <div class="actions">
        <button type="button" class="button" onClick={onRunbook}>
          Runbook<span class="unseen"> for {alert.rule}</span>
        </button>
        {onAcknowledge === undefined ? null : (
          <button type="button" class="button" onClick={onAcknowledge}>
            Acknowledge<span class="unseen"> {alert.rule}</span>
          </button>
        )}
      </div>
    </li>
  );
}

/** What is wrong now, then what was: with what to do about it, and who looks after it. */
export function AlertsPage() {
  const { announce, api, me } = useSession();
  const { loaded, reload } = useLoaded('alerts', () => api.get<Page<Alert>>('/v1/alerts'));
  const [opened, setOpened] = useState<{ readonly alert: Alert; readonly as: 'note' | 'book' }>();
  const now = useNow(ASK_AGAIN_MS);
  useEffect(() => {
    const timer = setInterval(reload, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [reload]);
  const items = loaded.state === 'ready' ? loaded.value.items : [];
  const firing = items.filter(({ state }) => state === 'firing').length;
  useEffect(() => {
    if (loaded.state === 'ready') announce(`${counted(firing, 'alert')} firing`);
  }, [announce, firing, loaded.state]);
  const canAcknowledge = me.actions.includes('alerts.acknowledge');
  const close = () => setOpened(undefined);
  return (
    <>
      <ShownWhenLoaded what="alerts" loaded={loaded} onRetry={reload}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyNote>Nothing is wrong: no alert has fired.</EmptyNote>
          ) : (
            <>
              <p class="lead">
                {firing === 0 ? 'No alert is firing.' : `${counted(firing, 'alert')} firing.`}
              </p>
              <ul class="cards">
                {items.map((alert) => (
                  <AlertCard
                    key={alert.id}
                    alert={alert}
                    now={now}
                    onRunbook={() => setOpened({ alert, as: 'book' })}
                    onAcknowledge={
                      canAcknowledge && alert.state === 'firing' && alert.acknowledged === undefined
                        ? () => setOpened({ alert, as: 'note' })
                        : undefined
                    }
                  />
                ))}
              </ul>
            </>
          )
        }
      </ShownWhenLoaded>
      {opened?.as === 'book' ? <Runbook path={opened.alert.runbook} onClose={close} /> : null}
      {opened?.as === 'note' ? (
        <AcknowledgeDialog
          alert={opened.alert}
          onClose={close}
          onDone={() => {
            close();
            announce('Acknowledged.');
            reload();
          }}
        />
      ) : null}
    </>
  );
}
