import { useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import type { GivenProof } from '../ui/way.ts';
import { PhraseInput } from './phrase-input.tsx';
import { secretOfWords } from './phrase-words.ts';

/** Comes back to an account of which no device is left. */
export function RestoreCard({
  url,
  busy,
  deviceName,
  run,
}: {
  readonly url: { value: string };
  readonly busy: boolean;
  readonly deviceName: () => { readonly deviceName?: string };
  readonly run: (what: string, task: (given: GivenProof) => Promise<Result<unknown>>) => Promise<void>;
}) {
  const words = useRef<HTMLInputElement>(null);
  const restore = async (given: GivenProof): Promise<Result<unknown>> => {
    const secret = await secretOfWords(words.current?.value ?? '');
    if (!secret.ok) return secret;
    return ask('sync.restore', { url: url.value, secret: secret.value, ...deviceName(), ...given });
  };
  return (
    <section class="card">
      <h2>When all your devices are lost</h2>
      <p class="muted small">
        The recovery phrase and the address of your sync service bring everything back that was sent there.
      </p>
      <form
        class="row fields"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void run('Restoring…', restore);
        }}
      >
        <label class="field grow">
          Address of the sync service
          <input
            type="url"
            autocomplete="off"
            spellcheck={false}
            data-testid="restore-url"
            value={url.value}
            onInput={(event) => (url.value = event.currentTarget.value)}
          />
        </label>
        <PhraseInput input={words} testid="restore-words" />
        <button type="submit" class="primary" data-testid="restore" aria-disabled={busy}>
          Restore
        </button>
      </form>
    </section>
  );
}
