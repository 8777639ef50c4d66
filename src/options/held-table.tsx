import { useSignal } from '@preact/signals';
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import type { HeldObject, HeldPage } from '../model/held.ts';
import { exactTime } from '../ui/format.ts';
import { sizeText } from '../ui/quantities.ts';
import { HeldContentsView } from './held-contents.tsx';
import { type HeldList, withNews, withOlder } from './held-pages.ts';
import { insideText, totalsText } from './held-words.ts';

/** Every object that the service holds, newest first; each opens to its bytes beside its contents. Nothing of it outlives the view. */
export function HeldTable({ syncedMs }: { readonly syncedMs: number | undefined }) {
  const list = useSignal<HeldList | undefined>(undefined);
  const problem = useSignal('');
  const open = useSignal<string | undefined>(undefined);
  const asked = useRef(0);

  const load = async (take: () => Promise<HeldList | undefined>) => {
    const turn = ++asked.current;
    const taken = await take();
    // A slower, older answer must not cover a newer one.
    if (turn === asked.current && taken) list.value = taken;
  };
  const answered = async (span: { before?: number; after?: number }): Promise<HeldPage | undefined> => {
    const answer = await ask('sync.held', span);
    problem.value = answer.ok ? '' : answer.error.message;
    return answer.ok ? answer.value : undefined;
  };
  const news = () =>
    load(async () => {
      const known = list.value;
      const page = await answered(known ? { after: known.head } : {});
      // A service that has less than before: all of it is looked at again.
      const isLess = page && known && page.head < known.head;
      const all = isLess ? await answered({}) : page;
      return all && withNews(isLess ? undefined : known, all);
    });
  const older = () =>
    load(async () => {
      let now = list.value;
      const had = now?.objects.length ?? 0;
      // Old writes may be of nothing that is still there.
      while (now?.next !== undefined && now.objects.length === had) {
        const page = await answered({ before: now.next });
        if (!page) return now;
        now = withOlder(now, page);
      }
      return now;
    });
  useEffect(() => void news(), [syncedMs]);

  const now = list.value;
  return (
    <>
      <p role="status" data-testid="held-totals">
        {now ? now.account && totalsText(now.account) : problem.value === '' && 'Asking the service…'}
      </p>
      <p class="error result" role="alert" data-testid="held-problem" hidden={problem.value === ''}>
        {problem.value}
        {now && ' What is shown is what it held when it last answered.'}
      </p>
      {now && (
        <p>
          It knows your account as <code data-testid="held-account">{now.accountId}</code>.
        </p>
      )}
      <p class="small muted">
        It also keeps every version of the signed list of your devices, and its answers to writes for a week.
        All of that is in the export on the tab “Your data”.
      </p>
      {now && now.objects.length > 0 && (
        <table class="held">
          <thead>
            <tr>
              <th scope="col">Written</th>
              <th scope="col">Size</th>
              <th scope="col">Sent by</th>
              <th scope="col">What only you see in it</th>
              <th scope="col">
                <span class="visually-hidden">Open</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {now.objects.map((object) => (
              <Fragment key={object.slot}>
                <Row
                  object={object}
                  names={now.names}
                  isOpen={open.value === object.slot}
                  onToggle={() => {
                    open.value = open.value === object.slot ? undefined : object.slot;
                  }}
                />
                {open.value === object.slot && (
                  <tr>
                    <td colSpan={5} id="held-open">
                      <HeldContentsView slot={object.slot} etag={object.etag} />
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
      {now?.next !== undefined && (
        <button type="button" data-testid="held-older" onClick={() => void older()}>
          Show older ones
        </button>
      )}
    </>
  );
}

interface RowProps {
  readonly object: HeldObject;
  readonly names: Readonly<Record<string, string>>;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Row({ object, names, isOpen, onToggle }: RowProps) {
  const { slot, etag, size, seq, atMs, device, inside, closed } = object;
  return (
    <tr
      data-testid="held-object"
      data-slot={slot}
      data-etag={etag}
      data-size={size}
      data-seq={seq}
      data-at={atMs}
      data-device={device}
    >
      <th scope="row">
        {exactTime(atMs)}
        <span class="small muted">
          {' '}
          no. {seq.toLocaleString()}, <code title={slot}>{slot.slice(0, 6)}…</code>
        </span>
      </th>
      <td class="tabular">{sizeText(size)}</td>
      <td>
        {names[device] ?? 'A device'} <code title={device}>{device.slice(0, 6)}…</code>
      </td>
      <td>
        {inside && insideText(inside)}
        {inside && inside.author !== device && (
          <span class="small muted"> by {names[inside.author] ?? 'another device'}</span>
        )}
        {closed && <span class="error"> Does not open</span>}
      </td>
      <td>
        <button
          type="button"
          class="quiet unfold"
          data-testid="held-unfold"
          aria-expanded={isOpen}
          aria-controls={isOpen ? 'held-open' : undefined}
          onClick={onToggle}
        >
          {isOpen ? 'Close' : 'Open'}
          <span class="visually-hidden">
            {' '}
            the object written {exactTime(atMs)}, number {seq}
          </span>
        </button>
      </td>
    </tr>
  );
}
