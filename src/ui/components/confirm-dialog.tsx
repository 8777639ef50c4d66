import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

interface Question {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly settle: (agreed: boolean) => void;
}

const open = signal<Question | undefined>(undefined);

/**
 * Asks before something that cannot be undone. Escape means no. Afterwards focus is back where it was, unless that is gone:
 * then it is for the caller to say where it goes.
 */
export function confirm(question: Omit<Question, 'settle'>): Promise<boolean> {
  return new Promise((resolve) => {
    open.value?.settle(false);
    open.value = {
      ...question,
      settle: (agreed) => {
        open.value = undefined;
        resolve(agreed);
      },
    };
  });
}

/** To be placed once in a page. */
export function ConfirmDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const question = open.value;
  const settle = (agreed: boolean) => {
    // Closed before anything else happens, so that the browser gives focus back first.
    dialog.current?.close();
    question?.settle(agreed);
  };
  useEffect(() => {
    if (question) dialog.current?.showModal();
    else dialog.current?.close();
  }, [question]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      aria-describedby="dialog-text"
      onCancel={() => question?.settle(false)}
    >
      {question && (
        <>
          <h2 id="dialog-title">{question.title}</h2>
          <p id="dialog-text">{question.text}</p>
          <div class="row">
            <button type="button" data-testid="cancel" onClick={() => settle(false)}>
              Cancel
            </button>
            <button type="button" class="danger primary" data-testid="confirm" onClick={() => settle(true)}>
              {question.action}
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}
