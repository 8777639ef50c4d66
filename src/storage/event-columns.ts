/**
 * A list of events as columns: which fields each has, then each field's values in a row. What is alike stands together, so it deflates
 * better. Times are told by how much later they are than the one before, ids by how much higher their number is.
 */
import * as v from 'valibot';

/** Any event: what it has is judged by who reads it (model/parse-event.ts). */
type Fields = Readonly<Record<string, unknown>>;

const columnsSchema = v.strictObject({
  /** Names of fields, in their order; each combination once. */
  shapes: v.array(v.array(v.string())),
  /** Of each event: which of them. */
  of: v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  /** By name: the values of those events that have the field. */
  values: v.array(v.tuple([v.string(), v.array(v.unknown())])),
});
export type EventColumns = v.InferOutput<typeof columnsSchema>;

const TIME = 'atMs';
const ID = 'id';
/** What comes before a number in base 36, without zeros in front: as the journal counts. */
const COUNTED = /^(.*\.)([1-9a-z][0-9a-z]{0,9})$/s;

export function columnsOf(events: readonly object[]): EventColumns {
  const shapes = new Map<string, { readonly index: number; readonly names: string[] }>();
  const values = new Map<string, unknown[]>();
  const [times, ids] = [steppingTimes(), steppingIds()];
  const of = events.map((event) => {
    // As JSON has it: fields without a value are left out.
    const fields = Object.entries(event as Fields).filter(([, value]) => value !== undefined);
    const names = fields.map(([name]) => name);
    const key = JSON.stringify(names);
    const shape = shapes.get(key) ?? { index: shapes.size, names };
    shapes.set(key, shape);
    for (const [name, value] of fields) {
      const column = values.get(name) ?? [];
      column.push(name === TIME ? times.to(value) : name === ID ? ids.to(value) : value);
      values.set(name, column);
    }
    return shape.index;
  });
  return { shapes: [...shapes.values()].map(({ names }) => names), of, values: [...values] };
}

/** @throws Error when these are no columns. */
export function eventsOfColumns(value: unknown): object[] {
  const { shapes, of, values } = v.parse(columnsSchema, value);
  const columns = new Map(values.map(([name, column]) => [name, { column, at: 0 }]));
  const [times, ids] = [steppingTimes(), steppingIds()];
  const events = of.map((index) => {
    const names = shapes[index];
    if (!names) throw new RangeError('no such fields');
    return Object.fromEntries(
      names.map((name) => {
        const rest = columns.get(name);
        if (!rest || rest.at >= rest.column.length) throw new RangeError('a value is missing');
        const next = rest.column[rest.at++];
        return [name, name === TIME ? times.from(next) : name === ID ? ids.from(next) : next];
      }),
    );
  });
  for (const { column, at } of columns.values())
    if (at < column.length) throw new RangeError('a value too many');
  return events;
}

interface Stepping {
  /** From values to what is told of each, in order; and back. */
  to(value: unknown): unknown;
  from(told: unknown): unknown;
}

/** A number is told by its distance from the one before (from 0 at first); anything else as it is. */
function steppingTimes(): Stepping {
  let last = 0;
  return {
    to(value) {
      if (!Number.isSafeInteger(value) || !Number.isSafeInteger((value as number) - last)) return [value];
      const step = (value as number) - last;
      last = value as number;
      return step;
    },
    from(told) {
      if (typeof told !== 'number') return wrapped(told);
      last += told;
      return last;
    },
  };
}

/** An id with the same beginning as the one before is told by how much higher its number is; another one whole. */
function steppingIds(): Stepping {
  let [beginning, last] = ['', 0];
  const remember = (id: unknown): number | undefined => {
    const [, before, number] = (typeof id === 'string' && COUNTED.exec(id)) || [];
    if (before === undefined || number === undefined) return undefined;
    const counter = Number.parseInt(number, 36);
    const step = before === beginning ? counter - last : undefined;
    [beginning, last] = [before, counter];
    return step;
  };
  return {
    to: (value) => remember(value) ?? (typeof value === 'string' ? value : [value]),
    from(told) {
      if (typeof told === 'number') {
        last += told;
        return `${beginning}${last.toString(36)}`;
      }
      const id = typeof told === 'string' ? told : wrapped(told);
      remember(id);
      return id;
    },
  };
}

/** What is neither a number nor a text stands in a list of its own, so that it is not taken for one. */
function wrapped(told: unknown): unknown {
  if (!Array.isArray(told) || told.length !== 1) throw new TypeError('not a value');
  return told[0];
}
