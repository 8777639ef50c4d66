import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { CurrentPage } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import { excluded, included } from '../model/rules.ts';
import { exactTime, shortTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { recordWords } from '../ui/record-words.ts';
import { command, problem, status } from '../ui/status.ts';

const WHY_NOTHING = {
  'no-page': 'This is not a web page: there is nothing to record.',
  sensitive: 'This site is on the list of sensitive sites: nothing is recorded here.',
  rule: 'You excluded this site: nothing is recorded here.',
  part: 'A rule for addresses like this one excludes it: nothing is recorded here. Rules are below.',
} as const;

const whyNothing = ({ skippedBy, rule }: CurrentPage): keyof typeof WHY_NOTHING =>
  skippedBy === 'rule' && rule?.kind !== undefined ? 'part' : (skippedBy ?? 'no-page');

/** What was recorded on the page in front, and the button that ends it for its site. */
export function ThisPage() {
  const page = useSignal<CurrentPage | undefined>(undefined);
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const { recordCount, ephemeralCount } = status.value ?? {};
  const load = async () => {
    const answer = await ask('page.current', {});
    if (answer.ok) page.value = answer.value;
    else problem.value = answer.error.message;
  };
  useEffect(() => {
    if (recordCount !== undefined) void load();
  }, [recordCount, ephemeralCount]);

  const exclude = async (host: string) => {
    const list = await command('rules.list', {});
    if (!list.ok) return;
    const done = await command('rules.set', excluded(list.value.rules, host));
    if (done.ok) await load();
  };
  const include = async (host: string) => {
    const list = await command('rules.list', {});
    const next = list.ok ? included(list.value.rules, host) : null;
    if (!next) return;
    const done = await (next.what === 'set'
      ? command('rules.set', next.rule)
      : command('rules.remove', { id: next.id }));
    if (done.ok) await load();
  };

  const now = page.value;
  const host = now?.host;
  return (
    <section class="page" ref={box}>
      <div class="site">
        <h2 class="clip" title={host}>
          {host ?? 'This page'}
        </h2>
        {host !== undefined && now?.skippedBy === 'rule' && now.rule?.kind === undefined && (
          <button type="button" data-testid="include-site" onClick={() => void include(host)}>
            Record it again
          </button>
        )}
        {host !== undefined && now?.skippedBy === undefined && (
          <button type="button" data-testid="exclude-site" onClick={() => void exclude(host)}>
            Exclude this site
          </button>
        )}
      </div>
      {now && (host === undefined || now.skippedBy) && (
        <p class="small muted">{WHY_NOTHING[whyNothing(now)]}</p>
      )}
      {host !== undefined && now?.skippedBy === undefined && <Records records={now?.records ?? []} />}
    </section>
  );
}

function Records({ records }: { readonly records: readonly InteractionRecord[] }) {
  return (
    // When it scrolls, a keyboard must be able to reach it.
    <ul
      class="records small"
      data-testid="page-records"
      aria-label="Recorded on this page"
      {...(records.length > 4 ? { tabIndex: 0 } : {})}
    >
      {records.length === 0 && <li class="muted">Nothing recorded on this page.</li>}
      {records.map((record) => (
        <li key={record.id}>
          <span class="clip">{recordWords(record)}</span>
          <time
            class="muted tabular"
            dateTime={new Date(record.atMs).toISOString()}
            title={exactTime(record.atMs)}
          >
            {shortTime(record.atMs)}
          </time>
        </li>
      ))}
    </ul>
  );
}
