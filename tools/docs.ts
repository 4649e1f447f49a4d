// npm run docs: writes the parts of the documents that are made from the code.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage } from './pages/errors-page.ts';
import { metricsPage } from './pages/metrics-page.ts';
import { settingsPages } from './pages/settings-pages.ts';
import { ROOT } from './stack/paths.ts';

const pages = new Map([
  ['docs/errors.md', errorsPage()],
  ['docs/metrics.md', metricsPage()],
  ...(await settingsPages()),
]);
for (const [path, text] of pages) {
  const file = join(ROOT, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  writeFileSync(file, text);
  process.stderr.write(`sealstream: wrote ${path}\n`);
}
