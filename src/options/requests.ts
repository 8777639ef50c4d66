/** What the cards of the "Your data" page share about requests: the list as it was last told, and which export goes on. */
import { signal } from '@preact/signals';
import { ask } from '../messaging/client.ts';
import type { DataAccessRequest, ExportKind } from '../model/data-request.ts';

/** `undefined` until the first answer. */
export const requests = signal<readonly DataAccessRequest[] | undefined>(undefined);
/** An interrupted export that the person wants to go on with: the export card takes it from here. */
export const goingOn = signal<{ readonly id: string; readonly kind: ExportKind } | undefined>(undefined);

/** The address of a page that the person wants to correct: the card takes it from here, not from the page's own address. */
export const toCorrect = signal<string | undefined>(undefined);

/** Failures are shown where the person did something; here the list stays as it was. */
export async function loadRequests(): Promise<void> {
  const answer = await ask('requests.get', {});
  if (answer.ok) requests.value = answer.value;
}
