import { useEffect, useRef, useState } from 'preact/hooks';
import { apiPath } from '../api/api-client.ts';
import type { Subject } from '../api/care-answers.ts';
import { useLoaded } from '../loaded.ts';
import { Moment } from '../parts/moment.tsx';
import { Receipt } from '../parts/receipt.tsx';
import { ShownWhenLoaded } from '../parts/shown-when-loaded.tsx';
import { Tag, type Tone } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import type { PageProps } from './page-props.ts';
import { type FoundPerson, PersonForm } from './person-form.tsx';
import { SubjectDialog, type SubjectDeedName } from './subject-dialog.tsx';

const STATES: Readonly<
  Record<Subject['state'], { readonly tone: Tone; readonly text: string; readonly meaning: string }>
> = {
  none: {
    tone: 'plain',
    text: 'no key',
    meaning: 'No record of this person was sealed yet. A shred now keeps all later ones out.',
  },
  live: { tone: 'good', text: 'has a key', meaning: 'What is sealed under it opens.' },
  shredded: {
    tone: 'bad',
    text: 'shredded',
    meaning: 'Nothing that was sealed under their key opens; new records of them are rejected.',
  },
  're-enrolled': {
    tone: 'plain',
    text: 're-enrolled',
    meaning: 'Was shredded, may have a new key, and has not been seen since.',
  },
};

function Facts({ subject: { createdAt, keyId, shreddedAt } }: { readonly subject: Subject }) {
  if (keyId === undefined && shreddedAt === undefined) return null;
  return (
    <dl class="facts">
      {keyId === undefined ? null : (
        <div class="fact">
          <dt>Key</dt>
          <dd>
            <code>{keyId}</code>
          </dd>
        </div>
      )}
      {createdAt === undefined ? null : (
        <div class="fact">
          <dt>Made</dt>
          <dd>
            <Moment at={createdAt} />
          </dd>
        </div>
      )}
      {shreddedAt === undefined ? null : (
        <div class="fact">
          <dt>Shredded</dt>
          <dd>
            <Moment at={shreddedAt} />
          </dd>
        </div>
      )}
    </dl>
  );
}

/** The deed that fits a state, and the action that it needs. */
function deedOf(state: Subject['state']): {
  readonly name: SubjectDeedName;
  readonly action: string;
} {
  return state === 'shredded'
    ? { name: 're-enrol', action: 'subjects.re-enrol' }
    : { name: 'shred', action: 'subjects.shred' };
}

interface CardProps {
  readonly person: FoundPerson;
  readonly subject: Subject;
  readonly onDeed: (name: SubjectDeedName) => void;
}

function PersonCard({ onDeed, person: { dataset, index }, subject }: CardProps) {
  const { me } = useSession();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [index]);
  const { meaning, text, tone } = STATES[subject.state];
  const { action, name } = deedOf(subject.state);
  return (
    <section class="card" aria-label="Person">
      <h2 tabIndex={-1} ref={heading}>
        <code>{index}</code>
      </h2>
      <p>
        <Tag tone={tone}>{text}</Tag> in dataset <strong>{dataset}</strong>. {meaning}
      </p>
      <Facts subject={subject} />
      {subject.receipt === undefined ? null : <Receipt text={subject.receipt} index={index} />}
      {me.actions.includes(action) ? (
        <button type="button" class="button" onClick={() => onDeed(name)}>
          {name === 'shred' ? 'Shred …' : 'Re-enrol …'}
        </button>
      ) : (
        <p class="quiet">
          {name === 'shred' ? 'Shredding' : 'Re-enrolling'} needs the action <code>{action}</code>,
          which no role of yours has.
        </p>
      )}
    </section>
  );
}

function Person({ person }: { readonly person: FoundPerson }) {
  const { api } = useSession();
  const path = apiPath('datasets', person.dataset, 'subjects', person.index);
  const { loaded, reload } = useLoaded(path, () => api.get<Subject>(path));
  const [name, setName] = useState<SubjectDeedName>();
  return (
    <>
      <ShownWhenLoaded what="the person" loaded={loaded} onRetry={reload}>
        {(subject) => <PersonCard {...{ person, subject }} onDeed={setName} />}
      </ShownWhenLoaded>
      {name === undefined ? null : (
        <SubjectDialog {...{ name, person }} onClose={() => setName(undefined)} onDone={reload} />
      )}
    </>
  );
}

/** Whether a person has a key, the receipt of who was shredded, and the order to shred. */
export function PersonsPage({ dataset: named }: PageProps) {
  const [person, setPerson] = useState<FoundPerson>();
  return (
    <>
      <p class="lead">
        Persons are found one by one and never listed: an index stands for the value and does not
        show it.
      </p>
      <PersonForm named={named} onFound={setPerson} />
      {person === undefined ? null : (
        <Person key={`${person.dataset}/${person.index}`} person={person} />
      )}
    </>
  );
}
