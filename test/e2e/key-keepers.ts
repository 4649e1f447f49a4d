// Who looks after keys and persons in tests, and a policy in which each kind of their work has something to do.

/** A person, a name in the token vault, and a card that outlives its person. */
export const KEPT = `version: 1
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
      /card: { type: string, mask: redact, encrypt: seal, survivesShred: true }
access:
  purposes:
    fraud: { meaning: A reported fraud is looked into., reference: none }
  roles:
    keeper:
      meaning: Looks after keys and persons.
      allow:
        - actions: [keys.read, keys.rotate, keys.rewrap, keys.move, keys.destroy, keys.destroy-forced]
          datasets: [people]
        - { actions: [subjects.read, subjects.shred, subjects.re-enrol], datasets: [people] }
        - { actions: [grants.read, grants.create, grants.revoke], datasets: [people] }
        - { actions: [reveal], datasets: [people], fields: ['*'], purposes: [fraud] }
        - { actions: [seal, tokenise], datasets: [people], fields: ['*'], quota: { values: 1000, per: day } }
    clerk:
      meaning: Looks up whether people are known, and not many of them.
      allow:
        - { actions: [subjects.read], datasets: [people], quota: { values: 3, per: day } }
    granter:
      meaning: Lets a consumer open fields, and asks for keys under a grant.
      allow:
        - { actions: [grants.create], datasets: [people] }
        - { actions: [keys.resolve] }
    checker:
      meaning: Approves.
      allow:
        - { actions: [approvals.decide] }
`;
export const KIM = { basic: 'kim:seventeen brown chairs stand' };
export const MAX = { basic: 'max:fifteen green bottles fall' };
export const GIL = { basic: 'gil:eleven warm stones rest' };
export const LEE = { basic: 'lee:nineteen black tables wobble' };
/** Of the first person. */
export const SSN = '900-11-4711';
export const NAME = 'Maria Canary';
export const CARD = '4556737586899855';
export const recordOf = (ssn: string) =>
  Buffer.from(JSON.stringify({ ssn, name: NAME, card: CARD }));
export const PEOPLE = '/v1/datasets/people';
