import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fromBase64Url } from '../base/bytes.ts';
import { wordsOf } from '../crypto/phrase.ts';
import { ask } from '../messaging/client.ts';

/** Words that are the same on all devices of an account that the service shows the same. `syncedMs`: when they may be others. */
export function CompareWords({ syncedMs }: { readonly syncedMs: number | undefined }) {
  const words = useSignal<{ readonly text: string; readonly entries: number } | undefined>(undefined);
  const isOpen = useSignal(false);
  const problem = useSignal('');
  // What it sent last, a device reads in the round after.
  useEffect(() => {
    if (isOpen.value) void ask('sync.now', {});
  }, [isOpen.value]);
  useEffect(() => {
    if (!isOpen.value) return;
    void ask('sync.fingerprint', {}).then((answer) => {
      const digest = answer.ok && answer.value ? fromBase64Url(answer.value.digest) : null;
      problem.value = answer.ok ? '' : answer.error.message;
      words.value =
        answer.ok && answer.value && digest
          ? { text: wordsOf(digest).join(' '), entries: answer.value.entries }
          : undefined;
    });
  }, [isOpen.value, syncedMs]);
  return (
    <details class="apart" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary data-testid="compare-open">Compare with another device</summary>
      {words.value ? (
        <>
          <p data-testid="compare-words" translate={false}>
            <strong>{words.value.text}</strong>
          </p>
          <p>
            After entry <span data-testid="compare-entries">{words.value.entries.toLocaleString()}</span>
          </p>
        </>
      ) : (
        <p>{problem.value || 'There is something to compare when this device has synced.'}</p>
      )}
      <p class="small muted">
        Open this on both devices, and compare. The same words say that the service shows both the same
        records, deletions and devices. With the same entry and other words it does not: then make a new
        account at another service. With another entry one of them has not read all yet: press “Sync now” on
        both.
      </p>
    </details>
  );
}
