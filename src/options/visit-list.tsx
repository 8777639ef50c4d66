import { batch, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { dayOf } from '../base/clock.ts';
import type { RecordPlace } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import { count, exactTime } from '../ui/format.ts';
import { spanText } from '../ui/quantities.ts';
import { recordWords } from '../ui/record-words.ts';
import { status } from '../ui/status.ts';
import { type Erased, eraseAfterAsking } from './erase.ts';

const PAGE = 20;
/** What one message answers at most. */
const MOST = 200;

interface VisitListProps {
  readonly id: string;
  readonly url: string;
  readonly name: string;
  readonly host: string;
  /** `focus`: puts it on what took the place of what is gone; `false` when there is nothing. */
  readonly onErased: (erased: Erased, focus: () => boolean) => void;
  readonly onErasePage: () => void;
  readonly onEraseSite: () => void;
  readonly onClose: () => void;
}

/** Everything that was recorded at one address, newest first: each can be deleted alone. */
export function VisitList({ id, url, name, host, onErased, ...on }: VisitListProps) {
  /** `undefined` until the first answer. */
  const records = useSignal<readonly InteractionRecord[] | undefined>(undefined);
  const next = useSignal<RecordPlace | undefined>(undefined);
  const problem = useSignal('');
  const asked = useRef(0);
  const list = useRef<HTMLUListElement>(null);

  /** After those that are known, until there are `wanted` of them. */
  const load = async (known: readonly InteractionRecord[], wanted: number, from?: RecordPlace) => {
    const turn = ++asked.current;
    let [all, after] = [known, from];
    do {
      const limit = Math.min(MOST, Math.max(PAGE, wanted - all.length));
      const answer = await ask('records.page', { url, limit, ...(after === undefined ? {} : { after }) });
      // A slower, older answer must not cover a newer one.
      if (turn !== asked.current) return;
      problem.value = answer.ok ? '' : answer.error.message;
      if (!answer.ok) return;
      all = [...all, ...answer.value.records];
      after = answer.value.next;
    } while (after !== undefined && all.length < wanted);
    batch(() => {
      records.value = all;
      next.value = after;
    });
  };
  const reload = () => load([], records.value?.length ?? 0);
  const { recordCount, ephemeralCount } = status.value ?? {};
  useEffect(() => void reload(), [recordCount, ephemeralCount]);

  const focusOn = (at: number): boolean => {
    const buttons = list.current?.querySelectorAll('button') ?? [];
    const button = buttons[Math.min(at, buttons.length - 1)];
    button?.focus();
    return button !== undefined;
  };
  const more = async () => {
    const known = records.value ?? [];
    await load(known, known.length + PAGE, next.value);
    requestAnimationFrame(() => focusOn(known.length));
  };
  const erase = async ({ id: meant, atMs }: InteractionRecord, at: number) => {
    const target = { what: 'record', id: meant, day: dayOf(atMs) } as const;
    const erased = await eraseAfterAsking(target, `of ${exactTime(atMs)}`);
    if (erased.outcome === 'erased') await reload();
    onErased(erased, () => focusOn(at));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') on.onClose();
    const step = ({ ArrowDown: 1, ArrowUp: -1 } as const)[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step]?.focus();
  };

  const shown = records.value ?? [];
  return (
    <section
      class="visits"
      id={id}
      data-testid="visits"
      aria-label={`Records of ${name}`}
      onKeyDown={onKeyDown}
    >
      <p class="small muted" role="status" data-testid="visits-found">
        {records.value !== undefined &&
          `${count(shown.length, 'record', 'records')} of this page${next.value === undefined ? '' : ' so far'}, newest first`}
      </p>
      <p class="error" role="alert" hidden={problem.value === ''}>
        {problem.value}
      </p>
      <ul ref={list}>
        {shown.map((record, at) => (
          <Visit key={record.id} record={record} onErase={() => void erase(record, at)} />
        ))}
      </ul>
      <div class="row">
        {next.value !== undefined && (
          <button type="button" data-testid="visits-more" onClick={() => void more()}>
            Show older ones
          </button>
        )}
        <button type="button" class="quiet" data-testid="visits-delete-page" onClick={on.onErasePage}>
          Delete all of this page…
        </button>
        {host !== '' && (
          <button type="button" class="quiet" data-testid="visits-delete-site" onClick={on.onEraseSite}>
            Delete all of {host}…
          </button>
        )}
      </div>
    </section>
  );
}

interface VisitProps {
  readonly record: InteractionRecord;
  readonly onErase: () => void;
}

function Visit({ record, onErase }: VisitProps) {
  const when = exactTime(record.atMs);
  const isVisit = record.kind === 'visit';
  return (
    <li data-testid="visit">
      <time class="tabular" dateTime={new Date(record.atMs).toISOString()}>
        {when}
      </time>
      <span class="what">{(isVisit && record.title) || recordWords(record)}</span>
      <span class="how-long tabular muted">{isVisit && record.dwellMs > 0 && spanText(record.dwellMs)}</span>
      <button type="button" class="quiet" data-testid="delete-visit" onClick={onErase}>
        Delete…<span class="visually-hidden"> the record of {when}</span>
      </button>
    </li>
  );
}
