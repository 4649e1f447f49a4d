import { type ErrorClass, ERRORS } from '@sealstream/contracts';

const CLASSES: readonly (readonly [ErrorClass, string])[] = [
  ['record', 'One record is bad: it goes to the rejected topic under this code, the flow goes on.'],
  ['terminal', 'Somebody must change something; trying the same again does not help.'],
  ['retryable', 'Something is away or not there yet; services wait and try again by themselves.'],
];

/** docs/errors.md: every code with its cause and what to do, made from the table in contracts. */
export function errorsPage(): string {
  const parts = CLASSES.map(([name, meaning]) => {
    const rows = Object.entries(ERRORS)
      .filter(([, row]) => row.class === name)
      .map(([code, { cause, mend }]) => `| \`${code}\` | ${cause} | ${mend} |`);
    const head = ['| code | cause | what to do |', '|---|---|---|'];
    return [`## ${name}`, '', meaning, '', ...head, ...rows, ''].join('\n');
  });
  const intro = [
    '# Errors',
    '',
    'Every error that Sealstream reports has one of these codes. A message names the place (file,',
    'line, topic, offset, path of a field) and never holds a value of a record or a key.',
    '',
    'Made by `npm run docs` from `packages/contracts/src/errors.ts`; a test keeps the two equal.',
    '',
  ];
  return `${[...intro, ...parts].join('\n').trimEnd()}\n`;
}
