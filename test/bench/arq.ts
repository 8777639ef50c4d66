/** Our own engine as a subject. It lives in the background of the extension, where its users' one runs. */
import type { Subject } from './subject.ts';

/** Makes the subject; `undefined` as long as there is none to measure. */
export const makeArq = undefined as (() => Subject) | undefined;
