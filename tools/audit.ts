// npm run audit: known weaknesses of production dependencies. Exit codes: 0 none that is severe and not
// accepted, 1 some, 3 the registry does not say what is known, so that nothing was checked.
import { ACCEPTED_ADVISORIES } from './supply-chain/accepted-advisories.ts';
import { audit } from './supply-chain/audit.ts';

const { code, lines } = await audit(ACCEPTED_ADVISORIES, new Date(), process.argv.slice(2));
for (const line of lines) process.stdout.write(`${line}\n`);
process.exitCode = code;
