/** What both drivers run inside a page. */

/** The selector of a test id; anything that looks like a selector stays one. */
export const selectorOf = (target: string): string => (/[#.[>:\s]/.test(target) ? target : byTestId(target));
export const byTestId = (testid: string): string => `[data-testid=${JSON.stringify(testid)}]`;

/**
 * An expression whose value is the JSON text of what `script` answers; `undefined` stays that. The build step that runs
 * the tests may wrap named functions in `__name`, which a page does not have.
 */
export function jsonExpression(
  script: string | ((...args: never[]) => unknown),
  args: readonly unknown[],
): string {
  const value = typeof script === 'string' ? `(${script})` : `(${script})(...${JSON.stringify(args)})`;
  return `(async () => { const __name = (named) => named; return JSON.stringify(await ${value}); })()`;
}

/** A statement that calls `script`; see `jsonExpression` for `__name`. */
export const scriptCall = (script: (...args: never[]) => unknown, args: readonly unknown[]): string =>
  `{ const __name = (named) => named; (${script})(...${JSON.stringify(args)}); }`;

/** @throws SyntaxError never: the text came from `JSON.stringify`. */
export const fromJson = <T>(json: unknown): T =>
  (typeof json === 'string' ? JSON.parse(json) : undefined) as T;
