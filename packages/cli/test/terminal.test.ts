import { expect, test } from 'vitest';

import { Progress } from '../src/progress.ts';
import { textTable } from '../src/table.ts';
import { jsonLine, Terminal } from '../src/terminal.ts';

function terminalOf(isTTY: boolean, env: Record<string, string> = {}) {
  const said = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY,
    columns: 80,
    write: (chunk: string | Uint8Array) => {
      said[name] += String(chunk);
      return true;
    },
    once: () => undefined,
  });
  const surroundings = {
    stdin: process.stdin,
    stdout: stream('out'),
    stderr: stream('err'),
    env,
  };
  return { said, terminal: new Terminal(surroundings) };
}

test('colour is for a terminal only, never with NO_COLOR, TERM=dumb or --json', () => {
  const red = (isTTY: boolean, env?: Record<string, string>) =>
    terminalOf(isTTY, env).terminal.paint('red', 'x');
  expect(red(true)).toBe('\u001b[31mx\u001b[39m');
  expect(red(false)).toBe('x');
  expect(red(true, { NO_COLOR: '1' })).toBe('x');
  expect(red(true, { NO_COLOR: '' })).not.toBe('x');
  expect(red(true, { TERM: 'dumb' })).toBe('x');
  const { terminal } = terminalOf(true);
  terminal.json = true;
  expect(terminal.paint('red', 'x')).toBe('x');
});

test('what one would do next is the last line, on stderr', () => {
  const { said, terminal } = terminalOf(false);
  terminal.next('start the services');
  expect(said).toEqual({ out: '', err: 'next: start the services\n' });
});

test('64-bit numbers are decimal strings in JSON', () => {
  expect(jsonLine({ offset: 9007199254740993n })).toBe('{"offset":"9007199254740993"}');
});

test('a table has columns as wide as their widest cell and no space at a line end', () => {
  const lines = textTable(
    [{ head: 'topic' }, { head: 'lag', align: 'right' }, { head: 'note' }],
    [
      ['raw.people', '7', ''],
      ['x', '1200', 'slow'],
    ],
  );
  expect(lines).toEqual(['topic        lag  note', 'raw.people     7', 'x           1200  slow']);
});

test('progress of short work, or where nobody watches, shows nothing', () => {
  const watched = terminalOf(true);
  new Progress(watched.terminal, 'ingest', 100).show(50, 50);
  const piped = terminalOf(false);
  new Progress(piped.terminal, 'ingest', 100).show(50, 50);
  expect([watched.said.err, piped.said.err]).toEqual(['', '']);
});

test('progress of long work redraws one line and takes it away at the end', async () => {
  const { said, terminal } = terminalOf(true);
  const progress = new Progress(terminal, 'ingest', 100);
  await new Promise((resolve) => setTimeout(resolve, 520));
  progress.show(50, 5000);
  expect(said.err).toMatch(/\[#{12}-{12}\] 50 % {2}5000 records, \d+\/s$/);
  expect(said.err).not.toContain('\n');
  // Whatever else is said takes the line's place.
  terminal.note('a finding');
  expect(said.err.endsWith('/s\r\u001b[2Ka finding\n')).toBe(true);
  const { length } = said.err;
  progress.end();
  expect(said.err).toHaveLength(length);
});
