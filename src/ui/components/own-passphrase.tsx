import { status } from '../status.ts';

/** Asks for the passphrase that unlocks, where there is one: for what asks for a proof (way.ts). */
export function OwnPassphrase({
  input,
  testid,
}: {
  readonly input: { current: HTMLInputElement | null };
  readonly testid: string;
}) {
  const lock = status.value?.lock;
  if (lock === undefined || lock.passphrase === false) return null;
  return (
    <label class="field narrow">
      Your passphrase
      <input ref={input} type="password" autocomplete="off" data-testid={testid} />
    </label>
  );
}
