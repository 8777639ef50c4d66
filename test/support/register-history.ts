/**
 * Registers as devices get them: each writes to its own copy, takes over what another has, and now and then is put back to what it had
 * before. What each copy knows is told a second time, as sets of writes, without any counting: what registers say is held to that.
 */
import fc from 'fast-check';
import { emptyRegister, merge, type Register, write } from '../../src/model/register.ts';

/** One write, and all that its writer knew of then. */
export interface Wrote {
  readonly value: number;
  readonly dot: string;
  readonly past: ReadonlySet<Wrote>;
}

export interface Copy {
  readonly register: Register<number>;
  readonly knows: ReadonlySet<Wrote>;
}

type Step =
  | { readonly what: 'write'; readonly device: number; readonly value: number; readonly atMs: number }
  | { readonly what: 'take'; readonly device: number; readonly from: number }
  /** `back`: to which of its older copies. */
  | { readonly what: 'restore'; readonly device: number; readonly back: number };

const DEVICES = 4;
const device = fc.nat(DEVICES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('write' as const),
      device,
      value: fc.nat(9),
      // Few, so that they meet; one is years ahead.
      atMs: fc.constantFrom(0, 1, 2, 3, 200_000_000_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('take' as const), device, from: device }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restore' as const), device, back: fc.nat(5) }) },
);
const steps = fc.array(step, { maxLength: 18 });

export const dotOf = ({ actor, n }: { readonly actor: string; readonly n: number }): string =>
  `${actor} ${n}`;

const NEW: Copy = { register: emptyRegister(), knows: new Set() };

export const mergeCopies = (a: Copy, b: Copy): Copy => ({
  register: merge(a.register, b.register),
  knows: new Set([...a.knows, ...b.knows]),
});

export function writeTo(copy: Copy, actor: string, value: number, atMs: number): Copy {
  const register = write(copy.register, actor, value, atMs);
  const dot = `${actor} ${register.seen[actor]}`;
  return { register, knows: new Set([...copy.knows, { value, dot, past: copy.knows }]) };
}

export class History {
  readonly copies: Copy[] = Array.from({ length: DEVICES }, () => NEW);
  /** Every copy that a device ever had, oldest first. */
  readonly older: Copy[][] = Array.from({ length: DEVICES }, () => [NEW]);
  readonly wrote: Wrote[] = [];
  readonly #lives: number[] = Array.from({ length: DEVICES }, () => 0);

  /** `isAnotherLife`: whether a device that is put back writes as somebody new, as `actorOf` has it. */
  constructor(
    taken: readonly Step[],
    private readonly isAnotherLife: boolean,
  ) {
    for (const one of taken) {
      this.#set(one.device, this.#after(one));
      if (one.what !== 'write') continue;
      const written = [...this.at(one.device).knows].at(-1);
      if (written) this.wrote.push(written);
    }
  }

  at(index: number): Copy {
    return this.copies[index] ?? NEW;
  }

  actor(index: number): string {
    return `device${index}.${this.#lives[index]}.joined`;
  }

  #after(one: Step): Copy {
    const before = this.at(one.device);
    switch (one.what) {
      case 'write':
        return writeTo(before, this.actor(one.device), one.value, one.atMs);
      case 'take':
        return mergeCopies(before, this.at(one.from));
      case 'restore': {
        const had = this.older[one.device] ?? [];
        if (this.isAnotherLife) this.#lives[one.device] = (this.#lives[one.device] ?? 0) + 1;
        return had[Math.max(0, had.length - 1 - one.back)] ?? NEW;
      }
    }
  }

  #set(index: number, copy: Copy): void {
    this.copies[index] = copy;
    this.older[index]?.push(copy);
  }
}

export const history: fc.Arbitrary<History> = steps.map((taken) => new History(taken, true));
/** As it would be if a device that was put back went on as the one that it was. */
export const oneLife: fc.Arbitrary<History> = steps.map((taken) => new History(taken, false));

/** Dots of the writes that no other known one had seen, in order: what is to be in the register, told without counting. */
export function unseen(known: ReadonlySet<Wrote>): string[] {
  const all = [...known];
  return all
    .filter((one) => !all.some(({ past }) => past.has(one)))
    .map(({ dot }) => dot)
    .sort();
}
