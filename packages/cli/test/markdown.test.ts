import { join } from 'node:path';
import { expect, test } from 'vitest';

import { cliMarkdown } from '../src/markdown.ts';
import { emptyProgram } from './surroundings.ts';

test('docs/cli.md says what the help of every command says', async () => {
  const file = join(import.meta.dirname, '../../../docs/cli.md');
  await expect(cliMarkdown(emptyProgram())).toMatchFileSnapshot(file);
});
