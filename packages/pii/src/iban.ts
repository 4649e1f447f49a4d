import { endsFree, HYPHEN, isDigit, SPACE, startsFree } from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import { MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

/** Length of an IBAN by country: the SWIFT IBAN registry, release 99, and what is in use beside. */
const LENGTHS = `AD24 AE23 AL28 AO25 AT20 AZ28 BA20 BE16 BF28 BG22 BH22 BI27 BJ28 BR29 BY28 CF27
  CG27 CH21 CI28 CM27 CR22 CV25 CY28 CZ24 DE22 DJ27 DK18 DO28 DZ26 EE20 EG29 ES24 FI18 FK18 FO18
  FR27 GA27 GB22 GE22 GI23 GL18 GQ27 GR27 GT28 GW25 HN28 HR21 HU28 IE22 IL23 IQ23 IR26 IS26 IT27
  JO30 KM27 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MA28 MC27 MD24 ME22 MG27 MK19 ML28 MN20
  MR27 MT31 MU30 MZ25 NE28 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31
  SD18 SE24 SI19 SK24 SM27 SN28 SO23 ST25 SV28 TD27 TG28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30`;

const LETTERS = 26;
const BY_COUNTRY = new Uint8Array(LETTERS * LETTERS);
for (const row of LENGTHS.split(/\s+/))
  BY_COUNTRY[countryIndex(row.charCodeAt(0), row.charCodeAt(1))] = Number(row.slice(2));

function countryIndex(first: number, second: number): number {
  return ((first | 0x20) - 0x61) * LETTERS + (second | 0x20) - 0x61;
}

/** Value of a letter or digit by ISO 13616: 0 to 35; -1 for what is neither. */
function valueOf(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x57 : -1;
}

const append = (remainder: number, value: number) =>
  (remainder * (value > 9 ? 100 : 10) + value) % 97;

/**
 * The end of an IBAN that begins at `at`, with single spaces or hyphens between its groups; -1 when
 * none does. Reads at most twice the length that the country has.
 */
export function ibanEnd(text: Buffer, at: number, to: number): number {
  if (at + 15 > to) return -1;
  if (valueOf(text[at]) < 10 || valueOf(text[at + 1]) < 10) return -1;
  const length = BY_COUNTRY[countryIndex(text[at], text[at + 1])];
  if (length === 0 || !isDigit(text[at + 2]) || !isDigit(text[at + 3])) return -1;
  let remainder = 0;
  let next = at + 4;
  for (let count = 4; count < length; next++) {
    if (next >= to) return -1;
    const value = valueOf(text[next]);
    if (value < 0) {
      if (!isJoint(text[next]) || count % 4 !== 0 || isJoint(text[next - 1])) return -1;
      continue;
    }
    remainder = append(remainder, value);
    count++;
  }
  for (let index = 0; index < 4; index++) remainder = append(remainder, valueOf(text[at + index]));
  return remainder === 1 ? next : -1;
}

function isJoint(byte: number): boolean {
  return byte === SPACE || byte === HYPHEN;
}

/** An IBAN that begins with the word at `at`. */
export function findIban(reading: Reading, at: number): void {
  const { text } = reading;
  if (!startsFree(text, at, reading.from)) return;
  const end = ibanEnd(text, at, reading.to);
  if (end < 0 || !endsFree(text, end, reading.to)) return;
  const { alone, backed } = PII_CLASSES.iban;
  reading.add('iban', at, end, reading.isNear(MEANING.iban, at) ? backed : alone);
}
