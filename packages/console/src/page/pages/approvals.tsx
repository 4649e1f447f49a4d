import { useEffect, useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import type { Approval } from '../api/care-answers.ts';
import { factsOf, type ProblemFacts } from '../api/api-problem.ts';
import { useNow } from '../clock.ts';
import { useLoaded } from '../loaded.ts';
import { Modal } from '../parts/modal.tsx';
import { Moment } from '../parts/moment.tsx';
import { EmptyNote } from '../parts/notes.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Tag } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import { counted } from '../words/numbers.ts';
import { agoText } from '../words/times.ts';
import { approvalFacts } from '../words/approval-facts.ts';

const ASK_AGAIN_MS = 10_000;

/** All of the request that is agreed to. */
function Request({ approval }: { readonly approval: Approval }) {
  return (
    <dl class="facts">
      <div class="fact">
        <dt>Asked by</dt>
        <dd>{approval.person}</dd>
      </div>
      <div class="fact">
        <dt>Action</dt>
        <dd>{approval.action}</dd>
      </div>
      {approvalFacts(approval.details).map(({ name, text }, index) => (
        <div class="fact" key={`${index}/${name}`}>
          <dt>{name}</dt>
          <dd class="as-written">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

interface AgreeProps {
  readonly approval: Approval;
  readonly onClose: () => void;
  readonly onAgreed: () => void;
}

function AgreeDialog({ approval, onAgreed, onClose }: AgreeProps) {
  const { api } = useSession();
  const [problem, setProblem] = useState<ProblemFacts>();
  const [isBusy, setBusy] = useState(false);
  const agree = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { digest, id } = approval;
      await api.post<Approval>(`${apiPath('approvals', id)}/approve`, { digest });
      onAgreed();
    } catch (error) {
      setProblem(factsOf(error));
      setBusy(false);
    }
  };
  return (
    <Modal title="Agree to this?" onClose={onClose}>
      <p>{approval.words}</p>
      <Request approval={approval} />
      <p>
        You agree to exactly this, once. {approval.person} then does it, and both names stand on the
        audit log.
      </p>
      {problem === undefined ? null : <ProblemNote problem={problem} />}
      <div class="modal-foot">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button button-main"
          disabled={isBusy}
          onClick={() => void agree()}
        >
          {isBusy ? 'Agreeing …' : 'Agree'}
        </button>
      </div>
    </Modal>
  );
}

interface CardProps {
  readonly approval: Approval;
  readonly now: number;
  readonly isOwn: boolean;
  readonly onAgree: () => void;
}

function ApprovalCard({ approval, isOwn, now, onAgree }: CardProps) {
  const { approvedBy, created, expires, id, state, words } = approval;
  return (
    <li class="card">
      <h2>{words}</h2>
      <p>
        <Tag tone={state === 'approved' ? 'good' : 'warn'}>
          {state === 'approved' ? 'approved' : 'waits'}
        </Tag>{' '}
        <span class="quiet">
          <code>{id}</code>, asked {agoText(created, now)}, lapses <Moment at={expires} />
        </span>
      </p>
      <Request approval={approval} />
      {state === 'approved' ? (
        <p>
          <strong>{approvedBy}</strong> agreed; {approval.person} has not done it yet.
        </p>
      ) : isOwn ? (
        <p>You asked for this, so another person must agree.</p>
      ) : (
        <button type="button" class="button button-main" onClick={onAgree}>
          Agree …<span class="unseen"> to {words}</span>
        </button>
      )}
    </li>
  );
}

/** What waits for a second person; whoever may approve agrees here to exactly what is shown. */
export function ApprovalsPage() {
  const { announce, api, me } = useSession();
  const ask = () => api.get<{ readonly approvals: readonly Approval[] }>('/v1/approvals');
  const { loaded, reload } = useLoaded('approvals', ask);
  const [agreeing, setAgreeing] = useState<Approval>();
  const now = useNow(ASK_AGAIN_MS);
  useEffect(() => {
    const timer = setInterval(reload, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [reload]);
  const close = () => setAgreeing(undefined);
  return (
    <>
      <ShownWhenLoaded what="approvals" loaded={loaded} onRetry={reload}>
        {({ approvals }) =>
          approvals.length === 0 ? (
            <EmptyNote>Nothing waits for a second person.</EmptyNote>
          ) : (
            <>
              <p class="lead">
                {counted(approvals.length, 'request')} of the last hour. What nobody agrees to
                lapses, and nothing was done.
              </p>
              <ul class="cards">
                {approvals.map((approval) => (
                  <ApprovalCard
                    key={approval.id}
                    {...{ approval, now }}
                    isOwn={approval.person === me.person}
                    onAgree={() => setAgreeing(approval)}
                  />
                ))}
              </ul>
            </>
          )
        }
      </ShownWhenLoaded>
      {agreeing === undefined ? null : (
        <AgreeDialog
          approval={agreeing}
          onClose={close}
          onAgreed={() => {
            close();
            announce('Agreed.');
            reload();
          }}
        />
      )}
    </>
  );
}
