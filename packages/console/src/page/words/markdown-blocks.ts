/** A part of a document in Markdown, as far as a page shows it: the rest reads well as text. */
export interface Block {
  readonly kind: 'heading' | 'text' | 'code';
  readonly text: string;
}

/** Headings, code blocks and paragraphs of a document, in their order. */
export function markdownBlocks(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let isCode = false;
  const end = (kind: Block['kind']) => {
    const text = lines.join('\n').trimEnd();
    if (text.trim() !== '') blocks.push({ kind, text });
    lines = [];
  };
  for (const line of markdown.split(/\r?\n/)) {
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (line.trimStart().startsWith('```')) {
      end(isCode ? 'code' : 'text');
      isCode = !isCode;
    } else if (isCode) lines.push(line);
    else if (heading !== undefined) {
      end('text');
      blocks.push({ kind: 'heading', text: heading });
    } else if (line.trim() === '') end('text');
    else lines.push(line);
  }
  end(isCode ? 'code' : 'text');
  return blocks;
}
