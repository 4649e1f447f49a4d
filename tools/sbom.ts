// npm run sbom [-- FILE]: writes a CycloneDX 1.6 SBOM of the production dependencies; without FILE to
// .sealstream/sbom.cdx.json. Says where on stdout.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { STATE } from './stack/paths.ts';
import { sbom } from './supply-chain/sbom.ts';

const [given] = process.argv.slice(2);
const file = given === undefined ? join(STATE, 'sbom.cdx.json') : resolve(given);
const text = await sbom();
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, text);
process.stdout.write(`${file}\n`);
