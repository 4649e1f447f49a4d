/** Why something is done: the number of a case, of the form that the service takes. */
export function ReasonField() {
  return (
    <label class="field">
      <span>Reason, such as the number of the request</span>
      <input
        name="reason"
        autoComplete="off"
        maxLength={100}
        required
        pattern="[\p{L}\p{N} ._:\/#\-]+"
        title="Letters, digits, spaces and . _ : / # -"
      />
      <small class="quiet">It stays on the audit log for ever: no name, and no value.</small>
    </label>
  );
}
