import { useEffect, useRef } from 'preact/hooks';
import type { AwaitedApproval } from '../deed.ts';
import { Moment } from './moment.tsx';

interface Props {
  readonly awaited: AwaitedApproval;
  readonly isEarly: boolean;
}

/** That a second person must agree, and how it goes on. */
export function SecondPersonNote({ awaited: { expires, id }, isEarly }: Props) {
  const box = useRef<HTMLElement>(null);
  // The button that was pressed is gone, so the reader begins here.
  useEffect(() => box.current?.focus(), []);
  return (
    <section class="note" tabIndex={-1} ref={box} aria-label="A second person must agree">
      <p>
        <strong>A second person must agree. Nothing was done yet.</strong>
      </p>
      <p>
        Somebody else who may approve finds it on their page Approvals as <code>{id}</code>, until{' '}
        <Moment at={expires} />.
      </p>
      <p>
        Once they have agreed, press Go on. You may close this meanwhile: the same order, word for
        word, goes on from here.
      </p>
      <p role="status">{isEarly ? 'Nobody has agreed yet.' : ''}</p>
    </section>
  );
}
