import { randomBytes, randomInt } from 'node:crypto';
import { type Accounts, openAccounts } from '@sealstream/accounts';
import type { Bench } from '../ground/bench.ts';
import { lineOf } from '../ground/lines.ts';
import { quantile } from '../ground/quantiles.ts';
import type { Report } from '../ground/report.ts';
import { withServers } from '../ground/servers.ts';
import { rankSum } from './rank-sum.ts';
import { type Kind, timePairs } from './two-names.ts';

const USERS = 20;
const NAME_BYTES = 6;
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

export const SIGN_IN: Bench = {
  name: 'sign-in',
  summary: 'whether time tells a known name from an unknown one at sign-in, and hashes per second',
  about: [
    'Wrong passwords for known and for unknown names, one after the other, in pairs of random order,',
    'from addresses that nothing throttles. p is that of a two-sided Mann-Whitney U test: small when',
    'the two can be told apart. One run in a hundred is below .01 when they cannot. The rest that strangers',
    'take after a wrong password is left out: it is the same for both, and would hide a difference.',
  ],
  options: {
    attempts: { takes: 'N', default: '2000', meaning: 'attempts of each kind' },
  },
  examples: ['', '--json --attempts 200'],
  run: async (asked, report) => {
    const attempts = asked.whole('attempts', 20, 100_000);
    await withServers(report.progress, async ({ redisUrl }) => {
      const prefix = `bench-${randomBytes(NAME_BYTES).toString('hex')}:`;
      const secret = randomBytes(32);
      const hashes = { rest: 0 };
      const accounts = await openAccounts({ redisUrl, prefix, logger, hashes, signIn: { secret } });
      try {
        await measure(accounts, attempts, report);
      } finally {
        await accounts.stop();
      }
    });
  },
};

async function measure(accounts: Accounts, attempts: number, report: Report): Promise<void> {
  const names = Array.from({ length: USERS }, aName);
  const password = () => Buffer.from(`words ${randomBytes(12).toString('base64url')}`);
  for (const name of names)
    await accounts.users.create({ name, person: name, password: password() });
  const attempt = async (kind: Kind): Promise<void> => {
    const name = kind === 'known' ? (names[randomInt(USERS)] ?? '') : aName();
    const address = Array.from({ length: 4 }, () => randomInt(1, 255)).join('.');
    const request = { name, address, password: password() };
    const answer = await accounts.signIn.withPassword(request);
    if (answer.kind !== 'refused') throw new Error(`an attempt was ${answer.kind}`);
  };
  const progress = (pair: number) => report.progress.records(Math.max(0, pair), attempts);
  const { known, unknown } = await timePairs(attempts, attempt, progress);
  const shared = { against: 'unknown names', with: { attempts } };
  const median = [known, unknown].map((times) => quantile(times, 0.5));
  const [ofKnown = Number.NaN, ofUnknown = Number.NaN] = median;
  const medians = { unit: 'ms', figure: ofKnown, reference: ofUnknown, places: 3 };
  const all = [...known, ...unknown].reduce((sum, ms) => sum + ms, 0);
  report.lines([
    lineOf({ ...shared, what: 'wrong password, median', ...medians }),
    lineOf({
      ...shared,
      what: 'wrong password, p99',
      unit: 'ms',
      figure: quantile(known, 0.99),
      reference: quantile(unknown, 0.99),
      places: 3,
    }),
    lineOf({
      ...shared,
      what: 'told apart by time',
      unit: 'p',
      figure: rankSum(known, unknown).p,
      reference: null,
      places: 4,
      goal: '>= 0.01',
    }),
    lineOf({
      ...shared,
      what: 'attempts, one at a time',
      unit: 'hashes/s',
      figure: (2 * attempts * 1000) / all,
      reference: null,
      places: 1,
    }),
  ]);
}

/** Names of one length, so that nothing else tells them apart. */
function aName(): string {
  return `n${randomBytes(NAME_BYTES).toString('hex')}`;
}
