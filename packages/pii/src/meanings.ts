import { hashOf, Lexicon } from './lexicon.ts';

/*
 * What words say about the values beside them. A kind of meaning is a number; a word has a bit for
 * each. Words are of English first, then of the languages whose records we met.
 */

export const MEANING = {
  card: 0,
  ssn: 1,
  iban: 2,
  phone: 3,
  zip: 4,
  birth: 5,
  age: 6,
  licence: 7,
  passport: 8,
  account: 9,
  nationalId: 10,
  version: 11,
  month: 12,
  weekday: 13,
  beforeYear: 14,
  title: 15,
  particle: 16,
  common: 17,
  legalForm: 18,
  street: 19,
  streetFirst: 20,
  unit: 21,
  country: 22,
  state: 23,
  domain: 24,
  nameCue: 25,
  placeCue: 26,
  ip: 27,
  years: 28,
  yearUnit: 29,
  article: 30,
} as const;

export type Meaning = keyof typeof MEANING;

/** How many meanings there are. */
export const MEANINGS = Object.keys(MEANING).length;

export const bitOf = (meaning: Meaning): number => 1 << MEANING[meaning];

const WORDS: Partial<Record<Meaning, string>> = {
  card: `card cards credit debit visa mastercard amex maestro discover diners jcb pan cc cardnumber
    creditcard karte kreditkarte carte tarjeta carta cartão`,
  ssn: 'ssn ssns social socialsecurity sozialversicherung',
  iban: 'iban',
  phone: `phone phones telephone tel telefon telefono teléfono téléphone telefone mobile mob mobil
    móvil celular cell cellphone fax call calls calling called dial ring sms whatsapp contact
    answer answering landline hotline handy desk office voicemail text reach telefax puhelin numéro
    phonenumber tlf fon messages`,
  zip: `zip zipcode postcode postal plz postleitzahl cep codepostal postnummer postnr cap cp
    postinumero psč`,
  birth: 'birth born dob birthday birthdate birthdays date geboren geburtsdatum né née nacimiento',
  age: 'age aged turn turned turns turning alter edad âge',
  years: 'old o age yo ans años',
  licence: `driver drivers driving licence license dl führerschein permis`,
  passport: 'passport passeport pasaporte reisepass pass paspoort pasaport',
  account: 'account acct accounts konto kontonummer routing aba sort compte cuenta rekening',
  nationalId: `national nin nino cpf dni nie nif pesel sin bsn aadhaar aadhar personnummer cpr tax
    tin itin identity identification id insurance nir hetu henkilötunnus fiscal fiscale codice
    steuer steuerid idnr personal`,
  version: 'version v ver release build firmware software section sections chapter',
  beforeYear: `in of since during until till by year before after circa from early late around
    summer winter spring autumn fall class season vintage seit depuis desde jahr année
    año the a de del di do`,
  title: `mr mrs ms miss mx dr prof professor sir madam herr frau monsieur madame mme mlle señor
    señora sr sra don doña signor signora dott rev hon capt lady lord`,
  particle: 'van de der den von zu di da dos das du del della la le ten ter bin ibn al el af av y',
  legalForm: `ltd limited inc incorporated llc llp plc corp corporation gmbh ag kg sa sarl srl spa
    bv nv oy ab as aps co company group holdings holding bank trust foundation university
    institute associates partners solutions technologies systems services industries
    enterprises insurance capital ventures consulting labs laboratories orchestra
    association agency ministry hospital college`,
  street: `street st avenue ave road rd lane ln drive dr boulevard blvd way court ct square sq
    squares place pl terrace terrasse crescent close highway hwy parkway pkwy circle trail row
    walk quay gardens grove alley mews path pass str straße strasse strada weg allee gasse platz
    straat laan plein tie katu gata gatan gate vej vei veien utca út tér ulica ul körút kapu`,
  streetFirst: `rue via calle rua avenida av paseo plaza piazza viale corso place chemin allée
    boulevard impasse quai ulica ul camino carrera travessa`,
  unit: 'apt apartment suite ste unit floor flat room box psc cmr',
  state: `al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj
    nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy dc pr gu vi as mp aa ae ap ab bc mb
    nb nl ns nt nu on pe qc sk yt`,
  domain: `com org net edu gov mil info biz io dev app co eu uk de fr nl ch at it es se no fi dk pl
    cz pt br ru jp cn in au ca us be hu ie nz`,
  nameCue: `name names named called i'm surname firstname lastname fullname am says said asked
    wrote told signed sincerely
    regards dear hi hello mr directed by producer written attn attention nombre nom`,
  placeCue: `in from near city town country state visit visited capital born lives live
    living moved located travel travelled trip flew`,
  ip: 'ip ips ipv address host server addr client',
  yearUnit: 'years year yrs yr y',
  article: 'the an a',
  common: `a an the this that these those i you he she it we they my your his her its our their me
    him us them who what which when where why how is are was were be been am do does did has have
    had can could will would shall should may might must not no yes and or but if then else so
    because as of at by for with about to from in on off out up down over under again here there
    all any both each few more most other some such only own same than too very just now please
    thanks thank hello hi hey dear regards sir madam mr mrs ms dr bot user date name phone fax
    mobile desk address email mail website web site zip card credit debit account bank number code
    send sent call called open close change update block lost need want like know tell show give
    get take make go come see look find help let let's what's it's i'm don't can't new old first
    last next good great best big small long short high low right left still after before since
    during until while also even well back way day week month year time today tomorrow yesterday
    january february march april june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday north south east west southern northern
    eastern western street road avenue lane drive city town country state office home work job
    company group team member people man woman boy girl child kid father mother brother sister son
    daughter wife husband friend friends world music song band film movie book story show art life
    love house food place money price limit balance payment transfer order orders customer
    service support information personal title subject note notes total amount per via re
    president minister government company director producer manager act union club force council
    committee party church museum theatre court department times weekly news review rights civil
    billing shipping mission statement public staff
    rose hope bill mark will grace white black brown green young rich page price power king
    case chance check cash fine free gold hall hill field park rice rain rock rod sale sand
    summer winter spring fall star stone storm sweet true wise wood worth art bond bell bishop
    english american german french russian italian spanish dutch polish danish swedish norwegian
    finnish czech japanese chinese indian canadian british atm iban ssn ip usa uk`,
};

/** Languages whose names of months, days and countries are known; from the CLDR data of Node. */
const LANGUAGES = 'en de fr es it pt nl sv nb da fi pl cs hu ro tr el ru et is'.split(' ');
const COUNTRY_LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'pl'];

function add(all: Map<string, number>, word: string, bits: number): void {
  all.set(word, (all.get(word) ?? 0) | bits);
}

function addCalendar(all: Map<string, number>): void {
  for (const language of LANGUAGES) {
    // A format costs as much to make as a hundred dates to write: one for all months.
    const namesAs = (options: Intl.DateTimeFormatOptions) => {
      const format = new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' });
      return (day: number, month: number) =>
        format
          .formatToParts(Date.UTC(2024, month, day))
          .find(({ type }) => type === 'month' || type === 'weekday')
          ?.value.toLowerCase()
          .replace(/\.$/, '') ?? '';
    };
    const monthNames = [
      namesAs({ month: 'long' }),
      namesAs({ month: 'long', day: 'numeric' }),
      namesAs({ month: 'short', day: 'numeric' }),
    ];
    for (let month = 0; month < 12; month++)
      for (const nameOf of monthNames) {
        const name = nameOf(1, month);
        if (/^\p{L}{3,}$/u.test(name)) add(all, name, bitOf('month'));
      }
    if ('en de fr es nl sv'.split(' ').includes(language)) {
      const weekdayOf = namesAs({ weekday: 'long' });
      for (let day = 1; day <= 7; day++) add(all, weekdayOf(day, 0), bitOf('weekday'));
    }
  }
  add(all, 'sept', bitOf('month'));
}

/** Names of countries that are one word. */
function countryNames(): string[] {
  const codes: string[] = [];
  for (let a = 65; a <= 90; a++)
    for (let b = 65; b <= 90; b++) codes.push(String.fromCharCode(a, b));
  return COUNTRY_LANGUAGES.flatMap((language) => {
    const names = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    return codes.map((code) => names.of(code) ?? '').filter((name) => /^\p{L}{4,}$/u.test(name));
  });
}

/** Meanings that only runs of capitalised words ask for; most words of a text have one of them. */
const OF_RUNS: readonly string[] = [
  'common',
  'article',
  'legalForm',
  'street',
  'streetFirst',
  'particle',
  'placeCue',
  'nameCue',
  'title',
] satisfies Meaning[];

function wordsOf(isWanted: (meaning: string) => boolean): Map<string, number> {
  const all = new Map<string, number>();
  for (const [meaning, words] of Object.entries(WORDS))
    if (isWanted(meaning))
      for (const word of words.split(/\s+/)) add(all, word, bitOf(meaning as Meaning));
  return all;
}

function formWords(): Map<string, number> {
  const all = wordsOf((meaning) => !OF_RUNS.includes(meaning));
  addCalendar(all);
  return all;
}

function runWords(): Map<string, number> {
  const all = wordsOf((meaning) => OF_RUNS.includes(meaning));
  for (const name of countryNames()) add(all, name.toLowerCase(), bitOf('country'));
  return all;
}

/** Words that speak for a value of some form beside them. */
export const LEXICON = new Lexicon(formWords);
/** Words that decide what a run of capitalised words is. */
export const RUN_LEXICON = new Lexicon(runWords);

/** What one word means, as bits; for names of fields. */
export function bitsOfWord(word: string): number {
  return LEXICON.find(hashOf(word));
}
