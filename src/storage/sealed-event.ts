/** What lies sealed for each event that comes while the profile is locked. */
import * as v from 'valibot';
import type { InteractionEvent } from '../model/interaction.ts';
import { parseEvent } from '../model/parse-event.ts';
import { SENSITIVE_KINDS, type SensitiveKind } from '../model/sensitive.ts';

export interface SealedEvent {
  readonly event: InteractionEvent;
  /** What was taken out of it, and of what came with it: counted when it is opened, since a locked profile keeps no counts. */
  readonly redacted: readonly SensitiveKind[];
}

const schema = v.strictObject({ event: v.unknown(), redacted: v.array(v.picklist(SENSITIVE_KINDS)) });

/** Of which nothing was taken out, it is the event alone, as in older versions. */
export const sealedJson = ({ event, redacted }: SealedEvent): string =>
  JSON.stringify(redacted.length === 0 ? event : { event, redacted });

/** `null` when it is none. */
export function parseSealed(value: unknown): SealedEvent | null {
  const parsed = v.safeParse(schema, value);
  const { event: stored, redacted } = parsed.success ? parsed.output : { event: value, redacted: [] };
  const event = parseEvent(stored);
  return event && { event, redacted };
}
