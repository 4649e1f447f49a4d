import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsMarkdown, type SettingsTable, withSettingsTable } from '@sealstream/service';
import { ROOT } from '../stack/paths.ts';

/** The settings table of every service that has one, by its name. */
export async function settingsTables(): Promise<ReadonlyMap<string, SettingsTable>> {
  const files = globSync('services/*/src/config.ts', { cwd: ROOT }).sort();
  const tables = files.map(async (path) => {
    const { SETTINGS } = (await import(join(ROOT, path))) as { SETTINGS: SettingsTable };
    return [path.split('/')[1] ?? '', SETTINGS] as const;
  });
  return new Map(await Promise.all(tables));
}

/** A README with the table in its place, or at the end when it has none yet. */
function withTable(readme: string, table: SettingsTable): string {
  const made = settingsMarkdown(table);
  const [begin = ''] = made.split('\n');
  if (readme.includes(begin)) return withSettingsTable(readme, table);
  return `${readme.trimEnd()}\n\n## Configuration\n\n${made}\n`;
}

/** README.md of every service as it should be: its settings table is that of src/config.ts. */
export async function settingsPages(): Promise<ReadonlyMap<string, string>> {
  const pages = [...(await settingsTables())].map(([service, table]) => {
    const path = `services/${service}/README.md`;
    const readme = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : '';
    return [path, withTable(readme, table)] as const;
  });
  return new Map(pages);
}
