import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

interface Question {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly settle: (agreed: boolean) => void;
}

const open = signal<Question | undefined>(undefined);

/** Asks before something that cannot be undone. Escape means no. */
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
  useEffect(() => {
    if (question) dialog.current?.showModal();
    else dialog.current?.close();
  }, [question]);
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onCancel={() => question?.settle(false)}>
      {question && (
        <>
          <h2 id="confirm-title">{question.title}</h2>
          <p>{question.text}</p>
          <div class="row">
            <button type="button" data-testid="cancel" onClick={() => question.settle(false)}>
              Cancel
            </button>
            <button type="button" class="danger" data-testid="confirm" onClick={() => question.settle(true)}>
              {question.action}
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}
