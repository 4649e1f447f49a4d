import { Option } from 'commander';

/** Options of commands that go through access, or around it. */

export interface BreakGlassOptions {
  readonly breakGlass?: string;
}

export interface AccessOptions extends BreakGlassOptions {
  readonly approval?: string;
}

/** Of commands that may be done directly as well. */
export function breakGlassOption(): Option {
  return new Option(
    '--break-glass <reason>',
    'go around access; it is on the audit log and raises an alert',
  );
}

/** Of commands that a second person may have to agree to. */
export function approvalOption(): Option {
  return new Option('--approval <id>', 'through access: the approval that the first try named');
}

/** Both of them. */
export function accessOptions(): Option[] {
  return [approvalOption(), breakGlassOption()];
}
