import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { CurrentPage } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import { type InteractionRecord, recordKind } from '../model/interaction.ts';
import { exactTime } from '../ui/format.ts';
import { status } from '../ui/status.ts';

const describe = (record: InteractionRecord): string => {
  if (record.kind === 'search') return `Search: ${record.query}`;
  if (record.kind === 'click') return `Click: ${record.text || record.role}`;
  return recordKind(record) === 'visit' ? 'Visit' : 'Counted';
};

/** What was recorded on the page in front, and the button that ends it for its site. */
export function ThisPage() {
  const page = useSignal<CurrentPage | undefined>(undefined);
  const count = status.value?.recordCount;
  const load = async () => {
    const answer = await ask('page.current', {});
    if (answer.ok) page.value = answer.value;
  };
  useEffect(() => void load(), [count]);

  const { host, records, skippedBy } = page.value ?? { records: [] };
  if (host === undefined) return null;

  const exclude = async () => {
    await ask('rules.set', { host, capture: 'skip' });
    await load();
  };
  const include = async () => {
    const list = await ask('rules.list', {});
    const rule = list.ok
      ? list.value.rules.find((candidate) => host === candidate.host || host.endsWith(`.${candidate.host}`))
      : undefined;
    if (rule) await ask('rules.remove', { id: rule.id });
    await load();
  };

  return (
    <section>
      <h2>{host}</h2>
      {skippedBy === 'sensitive' && (
        <p class="small">On the list of sensitive sites: nothing is recorded here.</p>
      )}
      {skippedBy === 'rule' && (
        <p class="row spread small">
          <span>Excluded by you: nothing is recorded here.</span>
          <button type="button" data-testid="include-site" onClick={() => void include()}>
            Undo
          </button>
        </p>
      )}
      {skippedBy === undefined && (
        <>
          <ul class="records small" data-testid="page-records">
            {records.length === 0 && <li class="muted">Nothing recorded on this page.</li>}
            {records.map((record) => (
              <li key={record.id}>
                <span>{describe(record)}</span>
                <span class="muted">{exactTime(record.atMs)}</span>
              </li>
            ))}
          </ul>
          <button type="button" data-testid="exclude-site" onClick={() => void exclude()}>
            Exclude this site
          </button>
        </>
      )}
    </section>
  );
}
