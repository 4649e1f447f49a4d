import { Command } from 'commander';

import { describeCommand, type Frame } from './command.ts';
import { access } from './commands/access.ts';
import { apply } from './commands/apply.ts';
import { apiKeys } from './commands/api-keys.ts';
import { audit } from './commands/audit.ts';
import { certs } from './commands/certs.ts';
import { detokenise } from './commands/detokenise.ts';
import { grants } from './commands/grants.ts';
import { ingest } from './commands/ingest.ts';
import { init } from './commands/init.ts';
import { kafka } from './commands/kafka.ts';
import { keys } from './commands/keys.ts';
import { offsets } from './commands/offsets.ts';
import { pause, resume } from './commands/pause.ts';
import { replay } from './commands/replay.ts';
import { reprocess } from './commands/reprocess.ts';
import { rewrap } from './commands/rewrap.ts';
import { roles } from './commands/roles.ts';
import { scan } from './commands/scan.ts';
import { subjects } from './commands/subjects.ts';
import { tail } from './commands/tail.ts';
import { test } from './commands/test.ts';
import { topics } from './commands/topics.ts';
import { users } from './commands/users.ts';
import { validate } from './commands/validate.ts';
import { explain } from './commands/explain.ts';
import { diff } from './commands/diff.ts';
import { accesses } from './commands/accesses.ts';
import { approvals } from './commands/approvals.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { reveal } from './commands/reveal.ts';
import { whoami } from './commands/whoami.ts';
import { CLI_SETTINGS } from './cli-settings.ts';
import { VERSION } from './version.ts';

/** Every command, in the order of `sealstream --help`. */
const COMMANDS = [
  init,
  validate,
  explain,
  diff,
  test,
  scan,
  apply,
  topics,
  kafka,
  keys,
  subjects,
  grants,
  access,
  roles,
  users,
  apiKeys,
  login,
  logout,
  whoami,
  approvals,
  accesses,
  reveal,
  detokenise,
  ingest,
  tail,
  replay,
  reprocess,
  rewrap,
  pause,
  resume,
  offsets,
  audit,
  certs,
];

/** The parser of the whole command line. */
export function sealstreamProgram(frame: Frame): Command {
  const program = new Command('sealstream')
    .summary('protects records while they flow through Kafka')
    .description(
      'Sealstream protects records while they flow through Kafka: masked on one topic, encrypted ' +
        'on another, every step on an audit log.',
    )
    .version(VERSION, '--version', 'the version of Sealstream')
    .helpOption('-h, --help', 'this help')
    .helpCommand('help [command]', 'the help of a command')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ helpWidth: 100, showGlobalOptions: false });
  describeCommand(program, {
    examples: [
      ['sealstream init --sample people.csv', 'a first policy and the keys, from a sample'],
      [
        'sealstream apply --stage mask --policy sealstream.yaml --dataset people people.csv',
        'what masking would do to a file, without Kafka',
      ],
      ['sealstream topics apply', 'the topics of the flow'],
    ],
  });
  program.addHelpText('after', `\nSettings:\n${settingsHelp()}`);
  for (const make of COMMANDS) make(program, frame);
  return program;
}

function settingsHelp(): string {
  return Object.values(CLI_SETTINGS)
    .map(({ env, meaning }) => `  ${env}\n      ${meaning}`)
    .join('\n');
}
