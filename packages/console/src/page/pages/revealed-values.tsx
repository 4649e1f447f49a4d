import { useEffect, useRef, useState } from 'preact/hooks';
import type { Opened } from '../api/answers.ts';
import { useNow } from '../clock.ts';
import { type Revealed, secondsLeft } from '../hidden-values.ts';
import { useSession } from '../session.ts';
import { counted } from '../words/numbers.ts';

const TICK_MS = 500;

function CopyButton({ label, text }: { readonly label: string; readonly text: string }) {
  const { announce } = useSession();
  const [said, setSaid] = useState('Copy');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
      announce('Copied.');
    } catch {
      setSaid('Not copied');
      announce('The browser did not allow copying.');
    }
  };
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      {said}
      <span class="unseen"> {label}</span>
    </button>
  );
}

function One({ index, opened }: { readonly index: number; readonly opened: Opened }) {
  if ('code' in opened)
    return (
      <li class="value">
        <span>
          Not given: <code>{opened.code}</code>
        </span>
      </li>
    );
  return (
    <li class="value">
      <code class="plain-value">{opened.value}</code>
      <CopyButton label={`value ${index + 1}`} text={opened.value} />
    </li>
  );
}

interface Props {
  readonly revealed: Revealed;
  readonly onHide: () => void;
}

/** Values while they may be seen, with the time that is left. They stand in this list alone. */
export function RevealedValues({ onHide, revealed }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const left = secondsLeft(revealed, useNow(TICK_MS));
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="card revealed" aria-label="Revealed values">
      <h2 tabIndex={-1} ref={heading}>
        {counted(revealed.values.length, 'answer')}
      </h2>
      <p class="actions">
        <span class="figures" role="timer" aria-live="off">
          Hidden in {counted(left, 'second')}
        </span>
        <button type="button" class="button" onClick={onHide}>
          Hide now
        </button>
      </p>
      <ol class="values">
        {revealed.values.map((opened, index) => (
          <One
            key={`${index}/${'code' in opened ? opened.code : opened.type}`}
            {...{ index, opened }}
          />
        ))}
      </ol>
    </section>
  );
}
