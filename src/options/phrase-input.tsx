import type { RefObject } from 'preact';

/**
 * The twelve words. A field that once was one for passwords is left out of what browsers save to open tabs again, also while it shows
 * what is typed.
 */
export function PhraseInput({
  input,
  testid,
}: {
  readonly input: RefObject<HTMLInputElement | null>;
  readonly testid: string;
}) {
  const show = (isShown: boolean) => {
    if (input.current) input.current.type = isShown ? 'text' : 'password';
  };
  return (
    <div class="grow">
      <label class="field">
        The twelve words
        <input
          ref={input}
          type="password"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          data-testid={testid}
        />
      </label>
      <label class="check">
        <input type="checkbox" onChange={(event) => show(event.currentTarget.checked)} />
        Show what I type
      </label>
    </div>
  );
}
