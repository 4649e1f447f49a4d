/** A decimal number, exactly: digits × 10^-scale. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Longer numbers, or such powers of ten, are refused: their arithmetic would take too long. */
const DIGITS_MAX = 1000;

/** The number that a JSON number text stands for; undefined when none or beyond the bounds. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > DIGITS_MAX) return undefined;
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = '', power = '0'] = match;
  const exponent = Number(power);
  if (Math.abs(exponent) > DIGITS_MAX) return undefined;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length - exponent };
}

/** Plain decimal text, without exponent and without zeros at the end of a fraction. */
export function formatDecimal({ digits, scale }: Decimal): string {
  if (scale <= 0) return (digits * 10n ** BigInt(-scale)).toString();
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const fraction = text.slice(-scale).replace(/0+$/, '');
  return `${sign}${text.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The greatest multiple of `step` that is not above `value`; `step` is above zero. */
export function floorToMultiple(value: Decimal, step: Decimal): Decimal {
  const scale = Math.max(value.scale, step.scale);
  const dividend = value.digits * 10n ** BigInt(scale - value.scale);
  const divisor = step.digits * 10n ** BigInt(scale - step.scale);
  let quotient = dividend / divisor;
  // BigInt division cuts towards zero; a lower bound goes down.
  if (dividend < 0n && quotient * divisor !== dividend) quotient -= 1n;
  return { digits: quotient * step.digits, scale: step.scale };
}
