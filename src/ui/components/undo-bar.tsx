import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ErasingState } from '../../model/recording.ts';
import { count } from '../format.ts';
import { change, status } from '../status.ts';

const words = ({ count: records, reason }: ErasingState): string =>
  `Deleted ${count(records, 'record', 'records')}${
    reason === 'browser-history' ? ", as in the browser's history" : ''
  }.`;

const undo = (id: string) => void change('erase.undo', { id });

/** Where a person types, Ctrl+Z is for what they typed. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

/** After something was deleted: it can be undone for some seconds, by the button or with Ctrl+Z (Cmd+Z). */
export function UndoBar() {
  const erasing = status.value?.erasing;
  const seconds = useSignal(0);
  const box = useRef<HTMLDivElement>(null);
  const id = erasing?.id;
  useEffect(() => {
    if (!erasing) return;
    const endMs = performance.now() + erasing.leftMs;
    const tell = () => {
      seconds.value = Math.max(0, Math.ceil((endMs - performance.now()) / 1000));
    };
    tell();
    const timer = setInterval(tell, 250);
    return () => clearInterval(timer);
  }, [erasing]);
  useEffect(() => {
    if (id === undefined) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'z' || event.shiftKey || event.altKey) return;
      if (!(event.ctrlKey || event.metaKey) || isTyping(event.target)) return;
      event.preventDefault();
      undo(id);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [id]);
  // When it disappears under the focus, a keyboard goes on at the top of what is shown.
  const had = box.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (had && id === undefined)
      document.querySelector<HTMLElement>('[role="tab"][aria-selected="true"], main button')?.focus();
  });
  return (
    <div class="undo" ref={box} data-shown={erasing !== undefined}>
      <span role="status" data-testid="erasing">
        {erasing && words(erasing)}
      </span>
      {erasing && (
        <span class="row">
          <button
            type="button"
            class="primary"
            data-testid="undo"
            aria-keyshortcuts="Control+Z"
            onClick={() => undo(erasing.id)}
          >
            Undo
            <span aria-hidden="true" class="tabular">
              {' '}
              ({seconds.value})
            </span>
          </button>
          <button
            type="button"
            class="quiet"
            data-testid="erase-finish"
            onClick={() => void change('erase.finish', {})}
          >
            Delete now
          </button>
        </span>
      )}
    </div>
  );
}
