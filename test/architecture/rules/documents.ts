import { dirname, join, normalize } from 'node:path/posix';

/** A Markdown file by its path in the checkout. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** `path:line` of a page, and what stands there. */
export interface Mention {
  readonly place: string;
  readonly text: string;
}

const FENCE = /^\s*(```|~~~)/;

/** The lines of a page, each with whether it stands in a code block. */
function* linesOf({ path, text }: Page) {
  let isCode = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (FENCE.test(line)) isCode = !isCode;
    else yield { line, isCode, place: `${path}:${index + 1}` };
  }
}

/** Code of a page: whole lines of code blocks, and what stands between backticks. */
function* codeOf(page: Page): Generator<Mention> {
  for (const { line, isCode, place } of linesOf(page)) {
    if (isCode) yield { place, text: line };
    else for (const [, text = ''] of line.matchAll(/`([^`]+)`/g)) yield { place, text };
  }
}

/** What GitHub makes of a heading, to link to. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function anchorsOf(page: Page): string[] {
  return [...linesOf(page)].flatMap(({ line, isCode }) => {
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    return isCode || heading === undefined ? [] : [anchorOf(heading)];
  });
}

/** Relative links that lead nowhere: no such file or folder, or no such heading in it. */
export function brokenLinks(
  pages: readonly Page[],
  exists: (path: string) => boolean,
): readonly string[] {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  return pages.flatMap((page) =>
    [...linesOf(page)].flatMap(({ line, isCode, place }) => {
      if (isCode) return [];
      const links = line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g);
      return Array.from(links, ([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !leads(page.path, target, byPath, exists))
        .map((target) => `${place} ${target}`);
    }),
  );
}

function leads(
  from: string,
  target: string,
  pages: ReadonlyMap<string, Page>,
  exists: (path: string) => boolean,
): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), file)).replace(/\/$/, '');
  if (!exists(path)) return false;
  const page = pages.get(path);
  return anchor === undefined || page === undefined || anchorsOf(page).includes(anchor);
}

/** Every `npm run NAME` and `npm test` that a page names. */
export function scriptsNamed(pages: readonly Page[]): Mention[] {
  return pages.flatMap((page) =>
    [...codeOf(page)].flatMap(({ place, text }) =>
      Array.from(
        text.matchAll(/\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(test)\b)/g),
        ([, run, test]) => ({ place, text: run ?? test ?? '' }),
      ),
    ),
  );
}

/** Every command line of `sealstream` that a page names: its words, without the program. */
export function commandsNamed(pages: readonly Page[]): Mention[] {
  return pages.flatMap((page) =>
    [...codeOf(page)].flatMap(({ place, text }) =>
      Array.from(
        text.matchAll(/(?:^|[\s|$])sealstream (?:-- )?([a-z][^|#]*|--?[a-z][^|#]*)/g),
        ([, words = '']) => ({ place, text: words.trim() }),
      ),
    ),
  );
}

/** Tests that a page names: a code-quoted file in a folder `test`, then names in straight quotes. */
export function testsNamed({ path, text }: Page): (Mention & { readonly file: string })[] {
  return text.split('\n').flatMap((line, index) => {
    let file = '';
    return Array.from(line.matchAll(/`((?:[^`]+\/)?test\/[^`]+\.ts)`|"([^"]+)"/g)).flatMap(
      ([, named, name]) => {
        if (named !== undefined) file = named;
        if (name === undefined || file === '') return [];
        return [{ place: `${path}:${index + 1}`, file, text: name }];
      },
    );
  });
}

/** Files of tests that a package's page names between backticks, by their path in the checkout. */
export function testFilesNamed({ path, text }: Page): Mention[] {
  const tests = join(dirname(path), 'test');
  return text.split('\n').flatMap((line, index) =>
    Array.from(line.matchAll(/`([\w./-]+\.test\.ts)`/g), ([, file = '']) => ({
      place: `${path}:${index + 1}`,
      text: join(tests, file),
    })),
  );
}

/** Rows of a page's tables under a heading that name no file of tests. */
export function rowsWithoutTest({ path, text }: Page, heading: string): string[] {
  const [, ...lines] = text.slice(Math.max(0, text.indexOf(`\n${heading}\n`)) + 1).split('\n');
  const end = lines.findIndex((line) => line.startsWith('#'));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .filter((line) => line.startsWith('| ') && !/^\|[^|]*\|[^|]*\| test \|$/.test(line))
    .filter((row) => testFilesNamed({ path, text: row }).length === 0);
}
