import { type Bench, type BenchOption, SHARED } from './bench.ts';

const EXIT_CODES = `Exit codes: 0 measured, and what came out is right; 1 it failed; 2 usage; 3 a tool is missing.`;

const SERVERS = `Always on a Kafka and a Redis of its own: KAFKA_BROKERS and REDIS_URL are not looked at. Progress
goes to stderr. With BENCH_NODE_FLAGS='--cpu-prof --cpu-prof-dir=DIR' the measured processes run with
these flags of Node.`;

function optionLines(options: Readonly<Record<string, BenchOption>>): string[] {
  return Object.entries(options).map(([name, { takes, default: text, meaning }]) => {
    const left = `--${name}${takes === undefined ? '' : ` ${takes}`}`;
    const value = text === undefined ? '' : ` (default ${text})`;
    return `  ${left.padEnd(16)} ${meaning}${value}`;
  });
}

/** What `npm run bench -- NAME --help` says. */
export function helpOf(bench: Bench): string {
  return [
    `npm run bench -- ${bench.name} [options]`,
    '',
    ...[bench.summary, ...bench.about].map((line) => `  ${line}`),
    '',
    ...optionLines({ ...bench.options, ...SHARED }),
    '',
    SERVERS,
    '',
    'Examples:',
    ...bench.examples.map((args) => `  npm run --silent bench -- ${bench.name} ${args}`.trimEnd()),
    '',
    EXIT_CODES,
  ].join('\n');
}

/** What `npm run bench -- --help` says. */
export function helpOfAll(benches: readonly Bench[]): string {
  return [
    'npm run bench -- NAME [options]',
    '',
    '  Measures, next to a reference that is measured in the same run.',
    '',
    ...benches.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`),
    '',
    '`npm run bench -- NAME --help` tells the options of each.',
    '',
    EXIT_CODES,
  ].join('\n');
}
