/** The page in which a browser runs the contract (test/e2e/contract.test.ts). */
import { CHECKS } from './checks.ts';
import { type Drawn, PROPERTIES } from './envelope-properties.ts';
import { runOnFreshStore } from './fresh-store.ts';

declare global {
  /** Runs the check of that number; resolves with what is wrong, or `null`. */
  var runCheck: (index: number) => Promise<string | null>;
  /** The same with the property of that number. */
  var runProperty: (index: number, drawn: Drawn) => Promise<string | null>;
}

async function wrongIn(run: () => Promise<void>): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (error) {
    const { name, message, stack } = error as Error;
    return `${name}: ${message}\n${stack}`;
  }
}

globalThis.runCheck = async (index) => {
  const check = CHECKS[index];
  return check ? wrongIn(() => runOnFreshStore(check)) : `There is no check ${index}.`;
};

globalThis.runProperty = async (index, drawn) => {
  const property = PROPERTIES[index];
  return property ? wrongIn(() => property.holds(drawn)) : `There is no property ${index}.`;
};
