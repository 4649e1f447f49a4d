import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Me } from './api/answers.ts';
import type { ApiClient } from './api/api-client.ts';
import { NoPage } from './pages/no-page.tsx';
import { PAGE_VIEWS } from './pages/page-views.ts';
import { ThemeSwitch } from './parts/theme-switch.tsx';
import { usePlace } from './current-place.ts';
import { addressOf, openPages, PAGES, type PageId, type Place } from './place.ts';
import { SessionContext } from './session.ts';

interface MenuProps {
  readonly me: Me;
  readonly current: PageId | undefined;
  readonly isOpen: boolean;
  readonly onSignOut: () => void;
}

function Menu({ current, isOpen, me, onSignOut }: MenuProps) {
  return (
    <div class={isOpen ? 'menu menu-open' : 'menu'} id="menu">
      <nav aria-label="Pages">
        <ul class="menu-list">
          {openPages(me.actions).map(({ id, title }) => (
            <li key={id}>
              <a href={addressOf(id)} aria-current={id === current ? 'page' : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="menu-foot">
        <ThemeSwitch />
        <p class="who">
          Signed in as <strong>{me.person}</strong>
          <span class="quiet">{me.roles.join(', ') || 'no role'}</span>
        </p>
        <button type="button" class="button" onClick={onSignOut}>
          Sign out
        </button>
      </div>
    </div>
  );
}

/** The page that the address names; without a name the first that is open to the reader. */
function pageOf(place: Place, me: Me): PageId | undefined {
  if (place.page !== undefined || place.isUnknown) return place.page;
  return openPages(me.actions)[0]?.id;
}

/** What stands around every page: the menu, the way past it, and the voice of changes. */
export function Shell({ api, me }: { readonly api: ApiClient; readonly me: Me }) {
  const place = usePlace();
  const page = pageOf(place, me);
  const [isOpen, setOpen] = useState(false);
  const [sentence, announce] = useState('');
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const session = useMemo(() => ({ api, me, announce }), [api, me]);
  const title = PAGES.find(({ id }) => id === page)?.title ?? 'No such page';

  useEffect(() => {
    document.title = `${title} · Sealstream`;
    setOpen(false);
    // On a change of page the reader begins at its start; at the first load, where the browser says.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [title]);

  const allowed = openPages(me.actions).some(({ id }) => id === page);
  const View = page === undefined || !allowed ? undefined : PAGE_VIEWS[page];
  return (
    <SessionContext.Provider value={session}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the page
      </a>
      <div class="shell">
        <header class="top">
          <span class="brand">Sealstream</span>
          <button
            type="button"
            class="button menu-button"
            aria-expanded={isOpen}
            aria-controls="menu"
            onClick={() => setOpen(!isOpen)}
          >
            Menu
          </button>
          <Menu
            me={me}
            current={page}
            isOpen={isOpen}
            onSignOut={() => void api.signOut().catch(() => undefined)}
          />
        </header>
        <main id="main" class="main" tabIndex={-1} ref={main}>
          <h1>{title}</h1>
          {View === undefined ? (
            <NoPage page={page} />
          ) : (
            <View key={`${page}?${place.dataset ?? ''}`} dataset={place.dataset} />
          )}
        </main>
      </div>
      <p class="unseen" role="status">
        {sentence}
      </p>
    </SessionContext.Provider>
  );
}
