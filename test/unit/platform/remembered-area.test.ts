import { beforeEach, expect, it } from 'vitest';
import type { Area } from '../../../src/platform/areas.ts';
import { RememberedArea } from '../../../src/platform/remembered-area.ts';

let values: Map<string, unknown>;
let asked: string[];
let fails: boolean;
let area: RememberedArea;

const once = async (what: string): Promise<void> => {
  asked.push(what);
  if (fails) throw new Error('no room');
};

beforeEach(() => {
  values = new Map([['a', 1]]);
  asked = [];
  fails = false;
  const plain: Area = {
    get: async (key) => {
      await once(`get ${key}`);
      return values.get(key);
    },
    set: async (key, value) => {
      await once(`set ${key}`);
      values.set(key, value);
    },
    remove: async (key) => {
      await once(`remove ${key}`);
      values.delete(key);
    },
    keys: async () => [...values.keys()],
  };
  area = new RememberedArea(plain);
});

it('asks the browser once for each key, also for one that it does not have', async () => {
  expect(await Promise.all([area.get('a'), area.get('a'), area.get('b')])).toEqual([1, 1, undefined]);
  expect(await area.get('b')).toBeUndefined();
  expect(asked).toEqual(['get a', 'get b']);
});

it('has what was written at once, and writes it in order', async () => {
  const writing = Promise.all([area.set('a', 2), area.set('a', 3)]);
  expect(await area.get('a')).toBe(3);
  await writing;
  expect(values.get('a')).toBe(3);
  await area.remove('a');
  expect(await area.get('a')).toBeUndefined();
  expect(await area.keys()).toEqual([]);
});

it('does not remove what is known not to be there', async () => {
  await area.remove('a');
  await area.remove('a');
  expect(asked).toEqual(['remove a']);
  await area.set('a', 4);
  await area.remove('a');
  expect(values.has('a')).toBe(false);
});

it('reads anew what it could not write or read', async () => {
  fails = true;
  await expect(area.get('a')).rejects.toThrow('no room');
  await expect(area.set('a', 2)).rejects.toThrow('no room');
  fails = false;
  expect(await area.get('a')).toBe(1);
});
