import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Deed } from '../deed.ts';
import { useSession } from '../session.ts';
import { Modal } from './modal.tsx';
import { ProblemNote } from './problem-note.tsx';
import { SecondPersonNote } from './second-person-note.tsx';

interface Props<O, T> {
  readonly title: string;
  /** On the button, and as it is said while it is done. */
  readonly verb: string;
  readonly verbDoing: string;
  /** Said once it is done, and the title from then on. */
  readonly doneTitle: (done: T) => string;
  readonly deed: Deed<O, T>;
  /** The order of what was filled in; undefined where it is not whole. */
  readonly orderOf: (form: HTMLFormElement) => O | undefined;
  /** Fields of the form. */
  readonly children: ComponentChildren;
  readonly result: (done: T) => ComponentChildren;
  /** Whether it can be asked for; true if absent. */
  readonly isOpen?: boolean;
  readonly onClose: () => void;
}

interface FootProps {
  readonly onClose: () => void;
  readonly closeWord: string;
  readonly children?: ComponentChildren;
}

function Foot({ children, closeWord, onClose }: FootProps) {
  return (
    <div class="modal-foot">
      <button type="button" class="button" onClick={onClose}>
        {closeWord}
      </button>
      {children}
    </div>
  );
}

/** Asks for what a change needs, shows whom it waits for, does it, and tells what came of it. */
export function DeedDialog<O, T>(props: Props<O, T>) {
  const { children, deed, doneTitle, isOpen = true, onClose, orderOf } = props;
  const { result, title, verb, verbDoing } = props;
  const { announce } = useSession();
  const { awaited, done, isBusy, isEarly, problem } = deed;
  const said = done === undefined ? undefined : doneTitle(done);
  useEffect(() => {
    if (said !== undefined) announce(said);
  }, [announce, said]);
  const note = problem === undefined ? null : <ProblemNote problem={problem} />;
  if (done !== undefined)
    return (
      <Modal title={doneTitle(done)} onClose={onClose}>
        {result(done)}
        <Foot closeWord="Close" onClose={onClose} />
      </Modal>
    );
  if (awaited !== undefined)
    return (
      <Modal title={title} onClose={onClose}>
        <SecondPersonNote awaited={awaited} isEarly={isEarly} />
        {note}
        <Foot closeWord="Close" onClose={onClose}>
          <button
            type="button"
            class="button button-main"
            disabled={isBusy}
            onClick={() => deed.goOn()}
          >
            {isBusy ? verbDoing : 'Go on'}
          </button>
        </Foot>
      </Modal>
    );
  return (
    <Modal title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const order = orderOf(event.currentTarget);
          if (order !== undefined) deed.begin(order);
        }}
      >
        {children}
        {note}
        <Foot closeWord="Cancel" onClose={onClose}>
          {isOpen ? (
            <button type="submit" class="button button-main" disabled={isBusy}>
              {isBusy ? verbDoing : verb}
            </button>
          ) : null}
        </Foot>
      </form>
    </Modal>
  );
}
