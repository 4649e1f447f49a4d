import type { AfterShred } from '../api/care-answers.ts';
import type { Tone } from '../parts/tag.tsx';

/** What becomes of a field when its person is shredded; a test holds the names to those of the policy. */
export const AFTER_SHRED: Readonly<
  Record<AfterShred, { readonly tone: Tone; readonly text: string }>
> = {
  'opens-no-more': { tone: 'good', text: 'opens no more' },
  'one-way': { tone: 'plain', text: 'stays, and never could be opened' },
  'still-opens': { tone: 'warn', text: 'still opens, under another key' },
  readable: { tone: 'warn', text: 'stays readable' },
};
