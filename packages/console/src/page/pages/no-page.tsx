import { openPages, PAGES, type PageId } from '../place.ts';
import { useSession } from '../session.ts';
import { EmptyNote } from '../parts/notes.tsx';

/** Where an address leads that names no page, or one that no role of the reader opens. */
export function NoPage({ page }: { readonly page: PageId | undefined }) {
  const { me } = useSession();
  const wanted = PAGES.find(({ id }) => id === page);
  if (wanted !== undefined)
    return (
      <EmptyNote>
        Your roles do not open this page: it needs the action <code>{wanted.action}</code>. An
        administrator can give you a role that has it.
      </EmptyNote>
    );
  if (openPages(me.actions).length === 0)
    return (
      <EmptyNote>
        You are signed in, and no role of yours opens a page. An administrator can give you one.
      </EmptyNote>
    );
  return <EmptyNote>This address names no page. The menu has all that are open to you.</EmptyNote>;
}
