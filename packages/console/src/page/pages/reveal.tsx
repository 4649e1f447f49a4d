import { useEffect, useState } from 'preact/hooks';
import { revealedAt, type Revealed, stillShown } from '../hidden-values.ts';
import { useSession } from '../session.ts';
import type { PageProps } from './page-props.ts';
import { RevealDialog } from './reveal-dialog.tsx';
import { RevealedValues } from './revealed-values.tsx';
import { type AskedTokens, TokensForm } from './tokens-form.tsx';

/** Values that are gone when their time is over, when the page is left, and when it is kept aside. */
function useRevealed() {
  const { announce } = useSession();
  const [revealed, setRevealed] = useState<Revealed>();
  useEffect(() => {
    if (revealed === undefined) return undefined;
    const look = () => {
      if (stillShown(revealed, Date.now()) !== undefined) return;
      setRevealed(undefined);
      announce('The values were hidden.');
    };
    const hide = () => setRevealed(undefined);
    const timer = setInterval(look, 250);
    document.addEventListener('visibilitychange', look);
    window.addEventListener('pagehide', hide);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('pagehide', hide);
    };
  }, [announce, revealed]);
  return { revealed, setRevealed };
}

/** Sealed tokens in, values out: for a purpose, on the audit log, and for a minute. */
export function RevealPage({ dataset: named }: PageProps) {
  const [asked, setAsked] = useState<AskedTokens>();
  const { revealed, setRevealed } = useRevealed();
  return (
    <>
      <p class="lead">
        Every reveal needs a purpose and is written to the audit log, with your name, before a value
        is shown.
      </p>
      <TokensForm
        named={named}
        onAsked={(tokens) => {
          setRevealed(undefined);
          setAsked(tokens);
        }}
      />
      {revealed === undefined ? null : (
        <RevealedValues revealed={revealed} onHide={() => setRevealed(undefined)} />
      )}
      {asked === undefined ? null : (
        <RevealDialog
          {...asked}
          onClose={() => setAsked(undefined)}
          onRevealed={(values) => {
            setAsked(undefined);
            setRevealed(revealedAt(values, Date.now()));
          }}
        />
      )}
    </>
  );
}
