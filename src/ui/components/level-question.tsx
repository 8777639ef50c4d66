import { computed, signal } from '@preact/signals';
import { ask } from '../../messaging/client.ts';
import { type PrivacyLevel, strictness } from '../../model/privacy.ts';
import type { ReductionCount } from '../../model/reduction.ts';
import { count } from '../format.ts';
import { change, problem, status } from '../status.ts';
import { stateSentence } from '../stored-words.ts';

interface Question {
  readonly level: PrivacyLevel;
  /** What a reduction would do; `undefined` while it is counted. */
  readonly counted?: ReductionCount;
  /** What deleting would take, once that was asked for. */
  readonly deleting?: ReductionCount;
}

const open = signal<Question | undefined>(undefined);
export const isLevelAsking = computed(() => open.value !== undefined);

/** `before`: levels that may have held. After the level was changed: it holds already, and what is stored is left alone until the person says otherwise. */
export async function askAboutStored(level: PrivacyLevel, before: readonly PrivacyLevel[]): Promise<void> {
  const { recordCount = 0, ephemeralCount = 0 } = status.value ?? {};
  open.value = undefined;
  // Nothing that is stored gets more: a milder level leaves nothing to ask about it.
  const isStricter = before.some((one) => strictness(level) > strictness(one));
  if ((!isStricter || recordCount === 0) && ephemeralCount === 0) return;
  open.value = { level };
  const counted = await ask('stored.count', { scope: { what: 'level', level, erase: false } });
  if (open.value?.level !== level) return;
  if (!counted.ok) {
    open.value = undefined;
    if (counted.error.code !== 'cancelled') problem.value = counted.error.message;
    return;
  }
  const { reduced, erased, inMemory } = counted.value;
  open.value = reduced + erased + inMemory === 0 ? undefined : { level, counted: counted.value };
}

function keep(): void {
  if (!open.value?.counted) void ask('stored.cancel', {});
  open.value = undefined;
}

async function settle(stored: 'reduce' | 'erase' | 'forget'): Promise<void> {
  const level = open.value?.level;
  open.value = undefined;
  if (level !== undefined) await change('level.set', { level, stored });
}

async function askToDelete({ level, counted }: Question): Promise<void> {
  const found = await ask('stored.count', { scope: { what: 'level', level, erase: true } });
  if (open.value?.level !== level || !counted) return;
  if (found.ok) open.value = { level, counted, deleting: found.value };
  else problem.value = found.error.message;
}

/** What becomes of what is stored already. Nothing is the default. */
export function LevelQuestion() {
  const question = open.value;
  if (!question) return null;
  const { level, counted, deleting } = question;
  return (
    <div class="notice level-question" data-testid="level-question">
      <p role="status" data-testid="level-asks">
        {sentenceOf(question)}
      </p>
      <div class="row">
        <button type="button" data-testid="level-keep" onClick={keep}>
          {deleting ? 'Keep them' : 'Keep what is stored'}
        </button>
        {counted && !deleting && level !== 'ephemeral' && counted.reduced + counted.erased > 0 && (
          <button type="button" data-testid="level-reduce" onClick={() => void settle('reduce')}>
            Reduce {count(counted.reduced + counted.erased, 'record', 'records')}
          </button>
        )}
        {counted && !deleting && counted.reduced + counted.erased > 0 && (
          <button
            type="button"
            class="danger"
            data-testid="level-delete"
            onClick={() => void askToDelete(question)}
          >
            Delete…
          </button>
        )}
        {counted && !deleting && counted.reduced + counted.erased === 0 && (
          <button
            type="button"
            class="danger"
            data-testid="level-forget"
            onClick={() => void settle('forget')}
          >
            Forget {count(counted.inMemory, 'record', 'records')} now
          </button>
        )}
        {deleting && (
          <button
            type="button"
            class="danger primary"
            data-testid="level-delete-confirm"
            onClick={() => void settle('erase')}
          >
            Delete {count(deleting.erased + deleting.inMemory, 'record', 'records')}
          </button>
        )}
      </div>
    </div>
  );
}

function sentenceOf({ level, counted, deleting }: Question): string {
  if (deleting) {
    const own = 'Sites that have a rule with a level of their own stay.';
    return `${count(deleting.erased + deleting.inMemory, 'record', 'records')} will be gone, on all your devices. ${own} This cannot be undone.`;
  }
  if (!counted) return 'The level holds from now on. Counting what is stored already…';
  const more = counted.reduced + counted.erased;
  if (more === 0)
    return `${count(counted.inMemory, 'record is', 'records are')} in memory only, and gone within the hour.`;
  const what = count(more, 'stored record', 'stored records');
  return level === 'ephemeral'
    ? `${what} ${more === 1 ? 'is' : 'are'} kept for longer than this level keeps anything.`
    : `More than it allows is kept of ${what}. Reducing them cannot be undone.`;
}

/** How far the change of what is stored is. */
export function StoredLine({ alsoDone = false }: { readonly alsoDone?: boolean }) {
  const state = status.value?.storedRules;
  const isShown = state !== undefined && (alsoDone || state.phase !== 'done');
  return (
    <p
      class={state?.phase === 'failed' ? 'small error' : 'small muted'}
      role="status"
      data-testid="stored-state"
      hidden={!isShown}
    >
      {isShown ? stateSentence(state) : ''}
    </p>
  );
}
