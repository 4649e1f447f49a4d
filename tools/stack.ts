// npm run stack -- up|down|status|logs: a real Kafka and a real Redis on 127.0.0.1.
import { parseArgs } from 'node:util';
import { MEASURED_JAVA } from './stack/kafka.ts';
import { MissingTool } from './stack/missing.ts';
import { stackLogs, stackStatus, startStack, stopStack } from './stack/stack.ts';
import { readState, serversOf, stackNames } from './stack/state.ts';

const HELP = `npm run stack -- up|down|status|logs [--name NAME] [--json]

  up        start Kafka and Redis, or find them running; prints where they listen
  down      end them; their data stays (--purge: removes it)
  status    what runs
  logs      the last lines that the servers said (--lines N)

  --name NAME    stacks of different names run side by side (default dev)
  --for-pid PID  up: end and purge the stack when that process is gone
  --brokers N    up: 1 (default), or 3 with replication 3 and min.insync.replicas 2 (Java only)
  --measured     up: the broker's Java as it is run in earnest, for measuring
  --json         one JSON object on stdout

Uses your own servers when KAFKA_BROKERS and REDIS_URL are set, else Docker when it works, else
Java 17 or newer and Maven. Exit codes: 0 done, 1 not running, 2 usage, 3 server or tool missing.`;

class UsageError extends Error {}

const note = (line: string) => process.stderr.write(`sealstream: ${line}\n`);
const say = (text: string) => process.stdout.write(`${text}\n`);

function options() {
  return parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'dev' },
      json: { type: 'boolean', default: false },
      purge: { type: 'boolean', default: false },
      lines: { type: 'string', default: '100' },
      brokers: { type: 'string' },
      measured: { type: 'boolean', default: false },
      'for-pid': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
}

type Values = ReturnType<typeof options>['values'];

function brokersOf({ brokers }: Values): { brokers?: 1 | 3 } {
  if (brokers === undefined) return {};
  if (brokers !== '1' && brokers !== '3') throw new UsageError('--brokers takes 1 or 3');
  return { brokers: brokers === '1' ? 1 : 3 };
}

async function up(values: Values): Promise<number> {
  const forPid = values['for-pid'];
  const stack = await startStack({
    name: values.name,
    progress: note,
    ...brokersOf(values),
    ...(values.measured ? { javaFlags: MEASURED_JAVA } : {}),
    ...(forPid === undefined ? {} : { forPid: Number(forPid) }),
  });
  const { name, kind, kafkaBrokers, redisUrl, ...more } = stack;
  const { kafkaVersion, redisVersion, directories, pids } = more;
  const addresses = { name, kind, kafkaBrokers, redisUrl };
  if (values.json)
    say(
      JSON.stringify(Object.assign(addresses, { kafkaVersion, redisVersion, pids, directories })),
    );
  // An address of the user's own may hold a password and is known to the user already.
  else if (kind === 'own') say('your own Kafka and Redis answer');
  else say(`KAFKA_BROKERS=${kafkaBrokers}\nREDIS_URL=${redisUrl}`);
  note(`stack ${name} answers (${kind}); end it with: npm run stack -- down --name ${name}`);
  return 0;
}

async function status(values: Values): Promise<number> {
  const names = stackNames();
  const all = await Promise.all(
    names.map(async (name) => {
      const state = readState(name);
      return {
        name,
        kind: state?.kind,
        ...(await stackStatus(name)),
        kafkaBrokers: state?.kafkaBrokers,
        redisUrl: state?.redisUrl,
      };
    }),
  );
  if (values.json) say(JSON.stringify({ stacks: all }));
  else
    for (const { name, kind, running, answering, kafkaBrokers, redisUrl } of all)
      say(
        `${name}  ${kind}  ${answering ? 'answers' : 'does not answer'}  ` +
          `running: ${running.join(', ') || 'nothing'}  ${kafkaBrokers}  ${redisUrl}`,
      );
  return all.find(({ name }) => name === values.name)?.answering ? 0 : 1;
}

async function logs(values: Values): Promise<number> {
  const state = readState(values.name);
  const said = await Promise.all(
    (state === undefined ? [] : serversOf(state)).map(async (server) => [
      server,
      await stackLogs(values.name, server, Number(values.lines)),
    ]),
  );
  if (values.json) say(JSON.stringify(Object.fromEntries(said)));
  else for (const [server, text] of said) say(`== ${server}\n${text}`);
  return 0;
}

async function down(values: Values): Promise<number> {
  await stopStack(values.name, values.purge);
  if (values.json) say(JSON.stringify({ name: values.name, purged: values.purge }));
  note(`stack ${values.name} is down${values.purge ? ' and its data removed' : ''}`);
  return 0;
}

async function main(): Promise<number> {
  let given: ReturnType<typeof options>;
  try {
    given = options();
  } catch (error) {
    note(error instanceof Error ? error.message : 'usage');
    return 2;
  }
  const commands = { up, down, status, logs };
  const [command = ''] = given.positionals;
  if (given.values.help) {
    say(HELP);
    return 0;
  }
  if (!Object.hasOwn(commands, command)) {
    process.stderr.write(`${HELP}\n`);
    return 2;
  }
  try {
    return await commands[command as keyof typeof commands](given.values);
  } catch (error) {
    note(error instanceof Error ? error.message : 'failed');
    if (error instanceof UsageError) return 2;
    return error instanceof MissingTool || command === 'up' ? 3 : 1;
  }
}

process.exitCode = await main();
