/** Events as they may be stored: nothing sensitive in their words or addresses. Comes after `capture.ts`, before anything keeps them. */
import type { InteractionEvent, NewEvent } from '../model/interaction.ts';
import { originOnly, withoutQuery } from './address.ts';
import { MAX_CLICK_TEXT, MAX_TITLE } from './capture.ts';
import { redactAddress } from './redact-address.ts';
import { MAX_QUERY } from './search-engines.ts';
import { type FoundPiece, type PieceHash, redact } from './sensitive-data.ts';

export interface RedactedEvents<E> {
  readonly events: readonly E[];
  /** Each piece once, however many of the events had it: a search is in its query, in the address and in the title. */
  readonly pieces: readonly FoundPiece[];
}

/** Shorter ones are in addresses by chance. */
const MIN_TOLD = 4;
const MIN_SQUEEZED = 6;
const squeezed = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

class Batch {
  readonly #pieces = new Map<string, FoundPiece>();
  readonly #removed = new Set<string>();

  constructor(private readonly hash: PieceHash) {}

  #note(pieces: readonly FoundPiece[]): void {
    for (const piece of pieces) this.#pieces.set(`${piece.kind} ${piece.value}`, piece);
  }

  get pieces(): readonly FoundPiece[] {
    return [...this.#pieces.values()];
  }

  async words(text: string, max: number): Promise<string> {
    const redacted = await redact(text.length >= max ? withoutCutEnd(text) : text, this.hash);
    this.#note(redacted.pieces);
    for (const piece of redacted.removed) this.#removed.add(piece);
    return redacted.text.length < max || redacted.text === text
      ? redacted.text
      : shortened(redacted.text, max);
  }

  /** After all words: an address must not tell what was taken out of them, however it is spelled there. */
  address(url: string): string {
    const redacted = redactAddress(url);
    this.#note(redacted.pieces);
    const steps = [redacted.url, withoutQuery(redacted.url), originOnly(url)];
    return steps.find((step) => ![...this.#removed].some((piece) => tells(step, piece))) ?? originOnly(url);
  }
}

function tells(url: string, piece: string): boolean {
  const rest = url.slice(url.indexOf('/', url.indexOf('://') + 3));
  let plain = rest.replaceAll('+', ' ');
  try {
    plain = decodeURIComponent(plain);
  } catch {
    // As it stands.
  }
  if (piece.length >= MIN_TOLD && plain.toLowerCase().includes(piece.toLowerCase())) return true;
  const core = squeezed(piece);
  return core.length >= MIN_SQUEEZED && squeezed(plain).includes(core);
}

/**
 * A text that was cut at its limit may end in the middle of a number that is not known any more by what is left. Such an end
 * goes: the last word, if it has digits or an `@`, and the groups of digits before it.
 */
function withoutCutEnd(text: string): string {
  let start = text.length;
  for (;;) {
    const word = text.lastIndexOf(' ', start - 2) + 1;
    if (word >= start || !/[\d@]/.test(text.slice(word, start))) break;
    start = word;
  }
  return start === text.length ? text : `${text.slice(0, start)}…`;
}

/** Names are longer than what they stand for at times. None is cut in two. */
function shortened(text: string, max: number): string {
  const cut = text.slice(0, max - 2);
  const open = cut.lastIndexOf('[');
  const whole = open >= 0 && !cut.includes(']', open) ? cut.slice(0, open) : cut;
  const end = withoutCutEnd(whole.toWellFormed());
  return end.endsWith('…') ? end : `${end}…`;
}

/** All events of one happening together. Redacting twice is the same as once. */
export async function redactEvents<E extends NewEvent | InteractionEvent>(
  events: readonly E[],
  hash: PieceHash,
): Promise<RedactedEvents<E>> {
  const batch = new Batch(hash);
  const spoken: E[] = [];
  for (const event of events) spoken.push(await withWords(event, batch));
  return { events: spoken.map((event) => withAddresses(event, batch)), pieces: batch.pieces };
}

async function withWords<E extends NewEvent | InteractionEvent>(event: E, batch: Batch): Promise<E> {
  switch (event.kind) {
    case 'visit':
      return { ...event, title: await batch.words(event.title, MAX_TITLE) };
    case 'visit-update':
      return event.title === undefined
        ? event
        : { ...event, title: await batch.words(event.title, MAX_TITLE) };
    case 'search':
      return { ...event, query: await batch.words(event.query, MAX_QUERY) };
    case 'click':
      return {
        ...event,
        title: await batch.words(event.title, MAX_TITLE),
        text: await batch.words(event.text, MAX_CLICK_TEXT),
      };
    default:
      return event;
  }
}

function withAddresses<E extends NewEvent | InteractionEvent>(event: E, batch: Batch): E {
  switch (event.kind) {
    case 'visit': {
      const { referrer } = event;
      const url = batch.address(event.url);
      return { ...event, url, ...(referrer === undefined ? {} : { referrer: batch.address(referrer) }) };
    }
    case 'search':
      return { ...event, url: batch.address(event.url) };
    case 'click': {
      const { target } = event;
      const url = batch.address(event.url);
      return { ...event, url, ...(target === undefined ? {} : { target: batch.address(target) }) };
    }
    default:
      return event;
  }
}
