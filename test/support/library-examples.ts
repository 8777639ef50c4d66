/** The examples of docs/library.md, and what their comments say that they print. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/root.ts';

export interface LibraryExample {
  readonly code: string;
  /** The lines that it prints, without those whose comment says nothing. */
  readonly says: readonly string[];
}

/** @throws Error when the document has none. */
export function libraryExamples(): LibraryExample[] {
  const document = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');
  const codes = [...document.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  if (codes.length === 0) throw new Error('docs/library.md has no examples.');
  return codes.map((code) => ({
    code,
    says: [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, comment = '']) => comment),
  }));
}
