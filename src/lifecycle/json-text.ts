/** JSON as it stands in exports. */

/** `<` and line separators are escaped, so that a file can stand in a page. Halves of surrogate pairs are escaped by JSON itself. */
export const safeJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');

/** An array that is written piece by piece: a comma before each value but the first. */
export class JsonList {
  #first = true;

  items(values: readonly unknown[]): string {
    return values
      .map((value) => {
        const comma = this.#first ? '\n' : ',\n';
        this.#first = false;
        return comma + safeJson(value);
      })
      .join('');
  }
}
