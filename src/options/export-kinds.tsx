import type { Signal } from '@preact/signals';
import { PASSPHRASE } from '../crypto/kdf.ts';

export const KINDS = ['full', 'encrypted', 'anonymised'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_WORDS: Readonly<Record<Kind, { readonly name: string; readonly means: string }>> = {
  full: {
    name: 'Complete',
    means: 'Everything as it is, in one ZIP. Whoever has the file can read it: keep it safe.',
  },
  encrypted: {
    name: 'Encrypted',
    means: 'The same, and only your passphrase opens it. Lose the passphrase, and nobody can.',
  },
  anonymised: {
    name: 'Anonymised',
    means:
      'To give away: hours instead of times, parts of the world, codes instead of sites; no address, title or search. Cannot be imported.',
  },
};

interface KindsProps {
  readonly kind: Signal<Kind>;
  readonly disabled: boolean;
}

export function ExportKinds({ kind, disabled }: KindsProps) {
  return (
    <fieldset disabled={disabled}>
      <legend>Which sort of file</legend>
      <div class="levels">
        {KINDS.map((one) => (
          <label class="level" key={one} for={`export-kind-${one}`}>
            <input
              type="radio"
              id={`export-kind-${one}`}
              name="export-kind"
              value={one}
              data-testid={`export-kind-${one}`}
              aria-describedby={`export-means-${one}`}
              checked={kind.value === one}
              onChange={() => {
                kind.value = one;
              }}
            />
            <span>{KIND_WORDS[one].name}</span>
            {/* Hidden from the name, read as the description. */}
            <span class="small muted" id={`export-means-${one}`} aria-hidden="true">
              {KIND_WORDS[one].means}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface PassphraseProps {
  readonly first: { current: HTMLInputElement | null };
  readonly again: { current: HTMLInputElement | null };
}

export function ExportPassphrase({ first, again }: PassphraseProps) {
  return (
    <>
      <div class="row fields">
        <label class="field grow">
          Passphrase of the file
          <input
            ref={first}
            type="password"
            autocomplete="off"
            data-testid="export-passphrase"
            aria-describedby="export-passphrase-hint"
          />
        </label>
        <label class="field grow">
          The same again
          <input ref={again} type="password" autocomplete="off" data-testid="export-passphrase-again" />
        </label>
      </div>
      <p class="small muted" id="export-passphrase-hint">
        At least {PASSPHRASE.minCharacters} characters. Four or more random words are good. It belongs to this
        file alone.
      </p>
    </>
  );
}
