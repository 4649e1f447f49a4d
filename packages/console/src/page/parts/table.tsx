import type { ComponentChildren } from 'preact';

interface Props {
  readonly caption: string;
  readonly heads: readonly string[];
  /** Cells of each row; on narrow screens each is shown with its head before it. */
  readonly rows: readonly {
    readonly key: string;
    readonly cells: readonly ComponentChildren[];
    readonly isMarked?: boolean;
  }[];
  /** Whether the caption is for screen readers alone, since a heading says the same. */
  readonly isCaptionUnseen?: boolean;
}

/** A table that becomes a list of cards where the screen is narrow. */
export function Table({ caption, heads, isCaptionUnseen = false, rows }: Props) {
  return (
    <table class="table" role="table">
      <caption class={isCaptionUnseen ? 'unseen' : ''}>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {heads.map((head) => (
            <th key={head} scope="col" role="columnheader">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ cells, isMarked = false, key }) => (
          <tr key={key} class={isMarked ? 'marked' : ''} role="row">
            {cells.map((cell, index) => (
              <td key={heads[index]} role="cell">
                <span class="cell-head" aria-hidden="true">
                  {heads[index]}
                </span>
                <span class="cell-body">{cell}</span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
