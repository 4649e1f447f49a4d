import { Option } from 'commander';

/** Somebody as an OpenID provider knows them. */
export interface IdentityOptions {
  readonly issuer?: string;
  readonly provider?: string;
  readonly subject: string;
}

export function identityOptions(): Option[] {
  return [
    new Option(
      '--issuer <url>',
      'without access: the provider, exactly as the file of providers has it',
    ).conflicts('provider'),
    new Option('--provider <name>', 'through access: the provider, by its name in that file'),
    new Option(
      '--subject <id>',
      'as the provider calls the person; the refusal on the audit log has it',
    ).makeOptionMandatory(),
  ];
}
