const words = (text: string) => text.trim().split(/\s+/);

/** What the invented people are called and where they live. */
export const FIRST_NAMES = words(`
  Aaliyah Adam Adriana Ahmed Aiko Alexander Amara Amelia Ana Andre Anja Antonio Arjun Astrid
  Beatriz Benjamin Björn Camille Carlos Catherine Chidi Chloe Christopher Daniel David Deepika
  Dmitri Elena Elizabeth Emeka Emma Fatima Felix Francesca Gabriel Grace Hannah Haruto Hassan
  Ingrid Isabella Ivan Jacqueline James Jasmine Jiho Joanna José Kateryna Kenji Kwame Lars
  Leila Leonardo Lucía Maria Mateo Mei Michael Mohammed Nadia Ngozi Noah Olga Oliver Omar
  Priya Rafael Rebecca Ren Robert Rosa Samuel Sanjay Sarah Sofia Søren Stephanie Sven Tariq
  Thomas Valentina Victoria Wei William Yara Yuki Zainab Zoë
`);

export const LAST_NAMES = words(`
  Abdullah Adeyemi Almeida Andersen Bauer Bennett Bergström Blackwood Campbell Castillo Chen
  Cooper Costa Davies Diaz Dubois Edwards Fernandez Fischer Fitzgerald Foster Garcia Gonzalez
  Gupta Hansen Hernandez Hoffmann Hughes Ibrahim Ito Ivanova Jackson Jensen Kaya Khan Kim
  Kowalski Kumar Lee Lewis Lopez Martin Mensah Meyer Mitchell Moreau Morris Müller Nakamura
  Nguyen Novak Nwosu O'Brien Okafor Oliveira Olsen Park Patel Perez Petrov Phillips Ramirez
  Richardson Rivera Rossi Russo Sanchez Santos Sato Schmidt Schneider Shevchenko Silva Singh
  Stewart Suzuki Tanaka Taylor Thompson Torres Turner Wagner Walker Watanabe Weber Wright
  Yamamoto Yilmaz Zhang
`);

export const MAIL_DOMAINS = words(`
  mail.example post.example inbox.example letters.example example.com example.net example.org
`);

export const WORK_DOMAINS = words(`
  office.example works.example clinic.example
`);

export const STREETS = words(`
  Maple Oak Cedar Juniper Washington Lakeview Hillcrest Sunset River Chestnut Franklin
  Highland Church Willow Jefferson Magnolia Park Spruce Meadow Prospect Railroad Sycamore
  Walnut Birch Dogwood
`);

export const STREET_KINDS = words(`
  Street Avenue Boulevard Drive Lane Road Court Terrace
`);

/** Openings of notes; a quote, a backslash and a line break are there on purpose. */
export const NOTES = [
  'Called about a late delivery and wants a call back before noon',
  'Asked to be moved to paper statements',
  'Says the card was "declined twice" at the same shop',
  'Prefers to be written to in Spanish; no calls, please',
  'Moved house last month, old address may still be on file',
  'Allergic to penicillin.\nAsked for a note in the file',
  'Complaint closed, refund agreed with the branch',
  'Wants the account shared with a spouse; forms sent by post',
  'Uploaded the contract as C:\\scans\\contract.pdf, still unreadable',
  'Birthday greeting sent, café voucher added',
  'Reported the phone as stolen on the train',
  'Disputes one charge and keeps the other',
] as const;
