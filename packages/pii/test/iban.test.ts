import { describe, expect, test } from 'vitest';
import { valuesOf } from './found.ts';

const iban = (text: string) => valuesOf('iban', text);

describe('an IBAN', () => {
  // Examples of the SWIFT IBAN registry.
  test.each([
    'AD1200012030200359100100',
    'AE070331234567890123456',
    'AT611904300234573201',
    'BE68539007547034',
    'BR1800360305000010009795493C1',
    'CH9300762011623852957',
    'DE89370400440532013000',
    'ES9121000418450200051332',
    'FR1420041010050500013M02606',
    'GB29NWBK60161331926819',
    'IT60X0542811101000000123456',
    'LC55HEMM000100010012001200023015',
    'MT84MALT011000012345MTLCAST001S',
    'NL91ABNA0417164300',
    'NO9386011117947',
    'PL61109010140000071219812874',
    'SE4550000000058398257466',
    'TR330006100519786457841326',
  ])('of the registry is found: %s', (number) => {
    expect(iban(`to ${number}.`)).toEqual([number]);
    expect(iban(number.toLowerCase())).toEqual([number.toLowerCase()]);
    const spaced = number.replaceAll(/(.{4})(?=.)/g, '$1 ');
    expect(iban(`to ${spaced}, today`)).toEqual([spaced]);
  });

  test.each([
    ['with a wrong digit', 'DE89370400440532013001'],
    ['one digit short', 'DE8937040044053201300'],
    ['with one digit more', 'DE893704004405320130000'],
    ['of no country', 'QQ89370400440532013000'],
    ['within a word', 'XDE89370400440532013000'],
    ['with groups of three', 'DE8 937 040 044 053 201 300 0'],
  ])('%s is none: %s', (_, text) => {
    expect(iban(text)).toEqual([]);
  });
});
