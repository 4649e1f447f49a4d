interface Props {
  /** What must be typed. */
  readonly wanted: string;
  /** What that is, as `the id of the key`. */
  readonly what: string;
}

/** Text as a pattern that fits it alone. */
const exactly = (text: string): string => text.replaceAll(/[$()*+./?[\\\]^{|}]/g, '\\$&');

/** Holds the form back until something is typed again: for what cannot be undone. */
export function TypedAgain({ wanted, what }: Props) {
  return (
    <label class="field">
      <span>
        Type {what} to confirm: <code>{wanted}</code>
      </span>
      <input
        name="typed"
        autoComplete="off"
        autoCapitalize="none"
        spellcheck={false}
        required
        pattern={exactly(wanted)}
        title={`Exactly ${wanted}`}
      />
    </label>
  );
}
