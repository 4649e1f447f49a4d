import { DownloadButton } from './download-button.tsx';

interface Props {
  readonly text: string;
  readonly index: string;
}

/** A signed receipt, as it verifies without a server. */
export function Receipt({ index, text }: Props) {
  return (
    <>
      <pre class="receipt" tabIndex={0} aria-label="Signed receipt">
        {text}
      </pre>
      <p class="quiet">
        It verifies without a server: <code>sealstream subjects verify-receipt receipt.txt</code>
      </p>
      <DownloadButton fileName={`receipt-${index}.txt`} text={text} type="text/plain">
        Download the receipt
      </DownloadButton>
    </>
  );
}
