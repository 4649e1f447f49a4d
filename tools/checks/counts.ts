/** What a run of tests came to. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** As much of vitest's JSON report as is counted. */
interface Report {
  readonly testResults?: readonly {
    readonly name?: string;
    readonly status?: string;
    readonly assertionResults?: readonly {
      readonly fullName?: string;
      readonly status?: string;
    }[];
  }[];
}

export function sum(all: readonly Counts[]): Counts {
  return {
    passed: all.reduce((total, { passed }) => total + passed, 0),
    failed: all.reduce((total, { failed }) => total + failed, 0),
  };
}

/**
 * Counts a vitest run by its JSON report and exit code. Only what ran and passed counts as passed:
 * a skipped or todo test, a file that could not be loaded, a run without a test or without a
 * report, and an exit code that no test explains are each one failed.
 */
export function countsOf(report: unknown, exitCode: number | null): Counts {
  const files = (report as Report | undefined)?.testResults ?? [];
  const each = files.map((file): Counts => {
    const states = (file.assertionResults ?? []).map(({ status }) => status);
    const passed = states.filter((status) => status === 'passed').length;
    const failed = states.length - passed;
    return { passed, failed: failed === 0 && file.status !== 'passed' ? 1 : failed };
  });
  const { passed, failed } = sum(each);
  const unexplained = failed === 0 && (passed === 0 || exitCode !== 0);
  return { passed, failed: unexplained ? 1 : failed };
}

/** What of a run did not pass, one line each: the file as it was run, then the name of the test. */
export function failuresOf(report: unknown): string[] {
  const files = (report as Report | undefined)?.testResults ?? [];
  return files.flatMap(({ assertionResults = [], name = 'a file', status }) => {
    const failed = assertionResults.filter((one) => one.status !== 'passed');
    if (failed.length > 0) return failed.map(({ fullName = 'a test' }) => `${name}: ${fullName}`);
    return status === 'passed' ? [] : [`${name}: could not be loaded`];
  });
}

/** Whether the counts mean that everything is well; nothing at all is not. */
export function allPassed({ passed, failed }: Counts): boolean {
  return failed === 0 && passed > 0;
}
