/** How the command ends. */
export const EXIT = { done: 0, finding: 1, usage: 2, missing: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means where a command says nothing more precise. */
export const EXIT_MEANING: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'a finding or a bad record',
  2: 'usage, settings or policy are wrong',
  3: 'a server or tool is missing',
};
