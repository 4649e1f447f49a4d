import { useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import { typedText } from '../form-text.ts';
import { useLoaded } from '../loaded.ts';
import { DownloadButton } from '../parts/download-button.tsx';
import { Modal } from '../parts/modal.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Tag, type Tone } from '../parts/tag.tsx';
import { checkedProof, type EntryProof, type ProofCheck } from '../proof/entry-proof.ts';
import { type Signed, signedBy } from '../proof/signed-checkpoint.ts';
import { useSession } from '../session.ts';
import { count } from '../words/numbers.ts';

interface Checked {
  readonly proof: EntryProof;
  readonly check: ProofCheck;
}

const SIGNED: Readonly<Record<Signed, { readonly tone: Tone; readonly text: string }>> = {
  signed: { tone: 'good', text: 'The checkpoint is signed by this key.' },
  'not-signed': { tone: 'bad', text: 'The checkpoint is not signed by this key.' },
  'no-key': { tone: 'warn', text: 'That is no verifier key: it begins with the name of the log.' },
  cannot: { tone: 'warn', text: 'This browser knows no Ed25519; the command below does.' },
};

function Check({ check }: { readonly check: ProofCheck }) {
  if (check.state === 'cannot')
    return (
      <p>
        <Tag tone="warn">not checked</Tag> A browser checks proofs only on pages over HTTPS. The
        command below does it anywhere.
      </p>
    );
  if (check.state === 'broken')
    return (
      <p role="alert">
        <Tag tone="bad">does not hold</Tag> The proof was checked in this browser: {check.why}. Tell
        whoever looks after the audit log.
      </p>
    );
  return (
    <p>
      <Tag tone="good">holds</Tag> Checked in this browser: the entry stands among the{' '}
      {count(check.size)} of <strong>{check.origin}</strong> under the checkpoint of the proof.
    </p>
  );
}

/** Who signed the checkpoint is no word of the service's: the key must come from elsewhere. */
function SignatureForm({ checkpoint }: { readonly checkpoint: string }) {
  const { announce } = useSession();
  const [signed, setSigned] = useState<Signed>();
  const look = async (key: string): Promise<void> => {
    const found = await signedBy(checkpoint, key);
    setSigned(found);
    announce(SIGNED[found].text);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void look(typedText(event.currentTarget, 'key'));
      }}
    >
      <label class="field">
        <span>Verifier key of the log, from the file audit.vkey that you keep</span>
        <input name="key" autoComplete="off" autoCapitalize="none" spellcheck={false} required />
      </label>
      <div class="actions">
        <button type="submit" class="button">
          Check the signature
        </button>
        {signed === undefined ? null : (
          <span>
            <Tag tone={SIGNED[signed].tone}>{signed === 'signed' ? 'signed' : 'not shown'}</Tag>{' '}
            {SIGNED[signed].text}
          </span>
        )}
      </div>
    </form>
  );
}

function Shown({ checked: { check, proof } }: { readonly checked: Checked }) {
  return (
    <>
      <Check check={check} />
      {check.state === 'holds' ? (
        <>
          <pre class="entry" tabIndex={0} aria-label="The entry, as it was proven">
            {check.text}
          </pre>
          <SignatureForm checkpoint={proof.checkpoint} />
        </>
      ) : null}
      <p class="quiet">
        Without this page and without the service:{' '}
        <code>sealstream audit verify-proof proof-{proof.index}.json --key audit.vkey</code>
      </p>
      <DownloadButton
        fileName={`proof-${proof.index}.json`}
        text={`${JSON.stringify(proof)}\n`}
        type="application/json"
      >
        Download the proof
      </DownloadButton>
    </>
  );
}

interface Props {
  readonly index: number;
  readonly onClose: () => void;
}

/** One entry with the proof that it stands in the log, checked by the reader's own browser. */
export function ProofDialog({ index, onClose }: Props) {
  const { api } = useSession();
  const path = apiPath('audit', 'entries', String(index), 'proof');
  const { loaded, reload } = useLoaded<Checked>(path, async () => {
    const proof = await api.get<EntryProof>(path);
    // What was asked for is what must be proven, whatever the answer says.
    return { proof, check: await checkedProof({ ...proof, index }) };
  });
  return (
    <Modal title={`Entry ${count(index)}`} onClose={onClose}>
      <ShownWhenLoaded what="the proof" loaded={loaded} onRetry={reload}>
        {(checked) => <Shown checked={checked} />}
      </ShownWhenLoaded>
      <div class="modal-foot">
        <button type="button" class="button button-main" onClick={onClose}>
          Close
        </button>
      </div>
    </Modal>
  );
}
