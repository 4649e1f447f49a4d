/** Fields with keys of the dataset, one under keys of persons, one in the vault, one enciphered. */
export const REVEALED = `version: 1
datasets:
  people:
    revision: 1
    format: json
    subject: /ssn
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
      /name: { type: string, mask: tokenise, equalityOracle: { accepted: a test }, encrypt: seal }
      /card: { type: string, mask: { fpe: { keepLast: 4 } }, equalityOracle: { accepted: a test }, encrypt: seal, survivesShred: true }
      /city: { type: string, mask: keep, encrypt: keep }
access:
  purposes:
    fraud: { meaning: A reported fraud is looked into., reference: required }
    care: { meaning: A customer asks., reference: optional }
  roles:
    analyst:
      meaning: Looks into reported frauds.
      allow:
        - { actions: [reveal], datasets: [people], fields: [/ssn], purposes: [fraud] }
        - actions: [detokenise]
          datasets: [people]
          fields: [/name, /card]
          purposes: [fraud]
          quota: { values: 5, per: day }
        - { actions: [policy.read] }
    program:
      meaning: Writes what it knows, and finds it again on masked.
      allow:
        - actions: [tokenise, seal]
          datasets: [people]
          fields: [/name, /card, /ssn]
          quota: { values: 100, per: day }
`;
