/** Messages that are wrong, made of ones that are right; every change makes any message wrong, so nobody has to judge it. */
import { below, type Fraction, pick } from '../bench/random.ts';

type Path = readonly (string | number)[];
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Every place in a value, the value itself first. */
function placesOf(value: unknown, at: Path = []): Path[] {
  if (!isObject(value)) return [at];
  return [at, ...Object.keys(value).flatMap((key) => placesOf(value[key], [...at, key]))];
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key as string], value);

/** A copy with something else at the place; keys are own ones, also `__proto__`. */
function withAt(value: unknown, path: Path, change: (old: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key as string] = withAt(copy[key as string], rest, change);
  return copy;
}

function withKey(old: unknown, key: string, value: unknown): object {
  const copy = { ...(old as object) };
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

function nested(depth: number, isArray: boolean): unknown {
  let inner: unknown = 1;
  for (let i = 0; i < depth; i++) inner = isArray ? [inner] : { inner };
  return inner;
}

function circular(): object {
  const self: Record<string, unknown> = {};
  self.self = self;
  return self;
}

const EXTRA_KEYS = [
  'more',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  '\ud800',
  'type',
  '0',
];

/** Of another kind than `old`, and right nowhere in the table. */
function otherKind(random: Fraction, old: unknown): unknown {
  const kind = Array.isArray(old) ? 'array' : typeof old;
  const others = [
    ['string', () => pick(random, ['', 'x', '1', 'true', '[object Object]'])],
    ['number', () => pick(random, [-1, 1.5, 2 ** 53])],
    ['boolean', () => random() < 0.5],
    ['null', () => null],
    [
      'array',
      () => pick(random, [[[]], [{}], Array.from({ length: 3 }, () => 'x'), Array(1_000).fill(null)]),
    ],
    [
      'object',
      () =>
        pick(random, [{ x: 1 }, { length: 1 }, Object.create(null, { x: { value: 1, enumerable: true } })]),
    ],
    [
      'none',
      () =>
        pick<unknown>(random, [
          Number.NaN,
          Infinity,
          -Infinity,
          1n,
          new Map(),
          new Set(['x']),
          new Date(0),
          /x/,
        ]),
    ],
    [
      'none',
      () =>
        pick<unknown>(random, [
          new Error('x'),
          new Uint8Array(8),
          new ArrayBuffer(8),
          Object('x'),
          Object(1),
        ]),
    ],
  ] as const;
  return pick(
    random,
    others.filter(([name]) => name !== kind),
  )[1]();
}

/** What is done to a text. None is right in the place of any text of the table. */
const brokenText = (random: Fraction, text: string): unknown =>
  pick(random, [
    () => `${text}\ud800`,
    () => `\udc00${text}`,
    () => text + 'x'.repeat(70_000),
    () => 'x'.repeat(100_000),
    () => [text],
    () => ({ toString: text }),
    () => Object(text) as unknown,
  ])();

/** `message`: `{ type, body }` with no key that may be left out. Says what was done, for whoever reads a failure. */
export function spoiled(
  random: Fraction,
  message: { readonly type: string; readonly body: unknown },
): { readonly how: string; readonly message: unknown } {
  const places = placesOf(message);
  const inside = places.slice(1);
  const objects = places.filter((path) => {
    const value = valueAt(message, path);
    return isObject(value) && !Array.isArray(value);
  });
  const texts = places.filter((path) => typeof valueAt(message, path) === 'string');
  const ways: readonly (() => { how: string; message: unknown })[] = [
    () => {
      const at = pick(random, inside);
      return { how: `another kind at ${at}`, message: withAt(message, at, (old) => otherKind(random, old)) };
    },
    () => {
      const at = pick(random, inside);
      const kept = withAt(message, at.slice(0, -1), (old) => {
        if (Array.isArray(old)) return [];
        return Object.fromEntries(Object.entries(old as object).filter(([key]) => key !== at.at(-1)));
      });
      return { how: `nothing at ${at}`, message: kept };
    },
    () => {
      const at = pick(random, objects);
      const key = pick(
        random,
        EXTRA_KEYS.filter((one) => !Object.hasOwn(valueAt(message, at) as object, one)),
      );
      const value = pick<unknown>(random, [1, {}, 'x', { isAdmin: true }, null]);
      return {
        how: `also ${JSON.stringify(key)} at ${at}`,
        message: withAt(message, at, (old) => withKey(old, key, value)),
      };
    },
    () => {
      const at = pick(random, texts);
      return {
        how: `broken text at ${at}`,
        message: withAt(message, at, (old) => brokenText(random, old as string)),
      };
    },
    () => {
      const at = pick(random, inside);
      const depth = pick(random, [7, 100, 5_000, 50_000]);
      return {
        how: `${depth} deep at ${at}`,
        message: withAt(message, at, () => nested(depth, random() < 0.5)),
      };
    },
    () => {
      const at = pick(random, objects);
      const [key = 'x'] = Object.keys(valueAt(message, at) as object);
      return {
        how: `a circle at ${at}`,
        message: withAt(message, at, (old) => withKey(old, key, circular())),
      };
    },
    () => {
      const at = pick(random, objects);
      const asArray = (old: unknown) => Object.entries(old as object);
      const asMap = (old: unknown) => new Map(Object.entries(old as object));
      return { how: `no object at ${at}`, message: withAt(message, at, pick(random, [asArray, asMap])) };
    },
    () => {
      const { type } = message;
      const names = [
        `${type} `,
        ` ${type}`,
        type.toUpperCase(),
        `${type}\0`,
        type.replace('.', '. '),
        '__proto__',
        'constructor',
        'toString',
        '',
        'x'.repeat(100_000),
      ];
      const other = pick(random, names);
      return { how: `called ${JSON.stringify(other.slice(0, 40))}`, message: { ...message, type: other } };
    },
    () => {
      const all = [
        undefined,
        null,
        0,
        Number.NaN,
        '',
        message.type,
        [],
        [message],
        {},
        message.body,
        new Map(),
        () => 1,
        Symbol('x'),
        1n,
      ];
      return { how: 'no message at all', message: all[below(random, all.length)] };
    },
  ];
  return pick(random, ways)();
}
