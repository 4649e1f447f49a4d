// npm run screenshots: pictures of every page of the console, into docs/console.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takePictures } from '../packages/console/test/pictures.ts';
import { ROOT } from './stack/paths.ts';

/** Pictures are part of every clone for ever. */
const BYTES_MAX = 150_000;

const folder = join(ROOT, 'docs', 'console');
mkdirSync(folder, { recursive: true });
await takePictures((name, png) => {
  if (png.length > BYTES_MAX)
    throw new Error(`${name}.png has ${png.length} bytes, and may have ${BYTES_MAX}`);
  writeFileSync(join(folder, `${name}.png`), png);
  process.stderr.write(`sealstream: wrote docs/console/${name}.png\n`);
});
