import type { Command } from 'commander';

import { CLI_SETTINGS } from './cli-settings.ts';
import { factsOf } from './command.ts';

/**
 * docs/cli.md: every command with its help, from the same data as `--help`. A test keeps the file
 * true and rewrites it with `vitest -u`.
 */
export function cliMarkdown(program: Command): string {
  const parts = [
    '# The command `sealstream`',
    'Made from the help of the commands (`packages/cli/src/markdown.ts`); do not edit.',
    'In the checkout: `npm run --silent sealstream -- COMMAND …`. Results go to stdout, everything ' +
      'else to stderr; the last line there says what one would do next. `--json` makes every line ' +
      'one JSON object.',
    exitTable(program),
    '## Settings',
    settingTable(),
    ...sections(program, program.name()),
  ];
  return `${parts.join('\n\n')}\n`;
}

function sections(parent: Command, path: string): string[] {
  return parent.commands
    .filter((command) => factsOf(command) !== undefined)
    .flatMap((command) => {
      const name = `${path} ${command.name()}`;
      return [section(command, name), ...sections(command, name)];
    });
}

function section(command: Command, name: string): string {
  const facts = factsOf(command);
  const usage = `${name} ${command.usage()}`.trim();
  const lines = [`## ${name}`, '', command.description(), '', '```', usage, '```', ''];
  const rows = [
    ...command.registeredArguments.map((one) => [one.name(), one.description]),
    ...command.options.map((one) => [one.flags, one.description]),
  ];
  if (rows.length > 0) {
    lines.push('| option | meaning |', '|---|---|');
    for (const [term, meaning = ''] of rows) lines.push(`| \`${term}\` | ${cell(meaning)} |`);
    lines.push('');
  }
  for (const [line, what] of facts?.examples ?? []) lines.push(`- \`${line}\`: ${what}`);
  lines.push('', `Exit codes: ${exitText(command)}.`);
  return lines.join('\n');
}

function exitText(command: Command): string {
  const exits = factsOf(command)?.exits ?? [];
  return exits.map(([code, meaning]) => `${code} ${meaning}`).join(' · ');
}

function exitTable(program: Command): string {
  const rows = (factsOf(program)?.exits ?? []).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return ['| exit code | meaning |', '|---|---|', ...rows].join('\n');
}

function settingTable(): string {
  const rows = Object.values(CLI_SETTINGS).map((setting) => {
    const fallback = 'default' in setting ? `\`${setting.default}\`` : '(none)';
    return `| \`${setting.env}\` | ${fallback} | ${cell(setting.meaning)} |`;
  });
  return ['| setting | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
