import type { ComponentChildren } from 'preact';

/** What stands where an answer is awaited. */
export function LoadingNote({ what }: { readonly what: string }) {
  return (
    <p class="note loading" role="status">
      <span class="spinner" aria-hidden="true" />
      Loading {what} …
    </p>
  );
}

/** What stands where there is nothing to show, and what that means. */
export function EmptyNote({ children }: { readonly children: ComponentChildren }) {
  return <p class="note empty">{children}</p>;
}
