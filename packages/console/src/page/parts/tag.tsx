import type { ComponentChildren } from 'preact';

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

/** Told apart by shape as well: colour alone tells nothing to some readers. */
const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', warn: '▲', bad: '✕', plain: '' };

interface Props {
  readonly tone: Tone;
  readonly children: ComponentChildren;
}

/** A state in a word or two. */
export function Tag({ children, tone }: Props) {
  return (
    <span class={`tag tag-${tone}`}>
      {SIGNS[tone] === '' ? null : <span aria-hidden="true">{SIGNS[tone]} </span>}
      {children}
    </span>
  );
}
