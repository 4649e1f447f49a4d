/** Of a fingerprint, where nobody says who the consumer is. */
const SHORT_NAME = 16;

/** What a consumer is called: as told, or by the beginning of the fingerprint of its key. */
export function consumerOf(
  { consumer }: { readonly consumer?: string | undefined },
  { fingerprint }: { readonly fingerprint: string },
): string {
  return consumer ?? fingerprint.slice(0, SHORT_NAME);
}
