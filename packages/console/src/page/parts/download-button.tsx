interface Props {
  /** On the button. */
  readonly children: string;
  readonly fileName: string;
  readonly text: string;
  /** Media type of the file. */
  readonly type: string;
}

/** Hands a text over as a file; it is made in the page, and asked of nobody. */
export function DownloadButton({ children, fileName, text, type }: Props) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = document.createElement('a');
    link.href = address;
    link.download = fileName;
    link.click();
    // The browser has begun to read it by then; what is not given back stays until the page is left.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  return (
    <button type="button" class="button" onClick={save}>
      {children}
    </button>
  );
}
