import { markdownBlocks } from '../words/markdown-blocks.ts';
import { runbookText } from '../words/runbooks.ts';
import { Modal } from './modal.tsx';
import { EmptyNote } from './notes.tsx';

function Elsewhere({ path }: { readonly path: string }) {
  // Operators may name a place of their own; nothing but a link of the web is made a link.
  if (!/^https?:\/\//.test(path))
    return (
      <EmptyNote>This console was built without that runbook; it stands in the docs.</EmptyNote>
    );
  return (
    <EmptyNote>
      It stands elsewhere:{' '}
      <a href={path} rel="noreferrer noopener" target="_blank">
        open it in a new tab
      </a>
      .
    </EmptyNote>
  );
}

interface Props {
  /** As the alert names it, such as docs/runbooks/lag.md. */
  readonly path: string;
  readonly onClose: () => void;
}

/** What to do about an alert, over the page. */
export function Runbook({ onClose, path }: Props) {
  const text = runbookText(path);
  return (
    <Modal title="Runbook" onClose={onClose}>
      <p class="quiet">
        <code>{path}</code>
      </p>
      {text === undefined ? (
        <Elsewhere path={path} />
      ) : (
        <section class="runbook" tabIndex={0} aria-label="Text of the runbook">
          {markdownBlocks(text).map(({ kind, text }, index) => {
            const key = `${index}/${kind}`;
            if (kind === 'heading') return <h3 key={key}>{text}</h3>;
            if (kind === 'code') return <pre key={key}>{text}</pre>;
            return (
              <p key={key} class="as-written">
                {text}
              </p>
            );
          })}
        </section>
      )}
      <div class="modal-foot">
        <button type="button" class="button button-main" onClick={onClose}>
          Close
        </button>
      </div>
    </Modal>
  );
}
