/** The list of what the service holds, put together from what it was asked for piece by piece: each object once, newest first. */
import type { HeldObject, HeldPage } from '../model/held.ts';

export type HeldList = Omit<HeldPage, 'gone'>;

const without = (objects: readonly HeldObject[], slots: Iterable<string>): HeldObject[] => {
  const left = new Set(slots);
  return objects.filter(({ slot }) => !left.has(slot));
};
const slotsOf = (objects: readonly HeldObject[]) => objects.map(({ slot }) => slot);

/** `news`: what came after `known`. Where that is too much for one answer, the list begins anew. */
export function withNews(known: HeldList | undefined, { gone, ...news }: HeldPage): HeldList {
  if (!known || news.next !== undefined) return news;
  const { next, ...rest } = { ...known, ...news };
  const objects = [...news.objects, ...without(known.objects, [...slotsOf(news.objects), ...gone])];
  const older = known.next === undefined ? {} : { next: known.next };
  return { ...rest, objects, ...older, names: { ...known.names, ...news.names } };
}

/** `older`: what came before `known`. */
export function withOlder(known: HeldList, older: HeldPage): HeldList {
  const { next, ...rest } = known;
  return {
    ...rest,
    objects: [...known.objects, ...without(older.objects, slotsOf(known.objects))],
    ...(older.next === undefined ? {} : { next: older.next }),
    names: { ...known.names, ...older.names },
  };
}
