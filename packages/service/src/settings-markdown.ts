import { SealstreamError } from '@sealstream/contracts';

import { isSecret, type Setting, type SettingsTable } from './setting.ts';

const BEGIN = '<!-- settings: made from src/config.ts, do not edit -->';
const END = '<!-- /settings -->';

/** The settings of a program as a Markdown table between two marker comments. */
export function settingsMarkdown(table: SettingsTable): string {
  const rows = Object.values<Setting>(table).map(row);
  const head = ['| setting | unit | default | meaning |', '|---|---|---|---|'];
  return [BEGIN, ...head, ...rows, END].join('\n');
}

/**
 * A README with its settings table replaced by the present one.
 *
 * @throws SealstreamError INTERNAL when the two marker comments are not there once each, in order
 */
export function withSettingsTable(readme: string, table: SettingsTable): string {
  const [before, ...rest] = readme.split(BEGIN);
  const [, after, ...more] = rest.join(BEGIN).split(END);
  if (before === undefined || rest.length !== 1 || after === undefined || more.length > 0)
    throw new SealstreamError('INTERNAL', { place: 'settings table', marker: BEGIN });
  return before + settingsMarkdown(table) + after;
}

function row(setting: Setting): string {
  const name = isSecret(setting)
    ? `\`${setting.env}\` or \`${setting.env}_FILE\``
    : `\`${setting.env}\``;
  const fallback =
    setting.default === undefined
      ? setting.optional === true
        ? '(none)'
        : '**must be given**'
      : `\`${setting.default}\``;
  return `| ${name} | ${unitOf(setting)} | ${fallback} | ${setting.meaning} |`;
}

const UNITS: Readonly<Partial<Record<Setting['type'], string>>> = {
  port: 'TCP port',
  durationMs: 'duration',
  bytes: 'size',
  boolean: 'true, false',
  list: 'comma-separated',
  url: 'URL',
  path: 'path',
};

function unitOf({ choices, type, unit }: Setting): string {
  return unit ?? choices?.join(', ') ?? UNITS[type] ?? 'text';
}
