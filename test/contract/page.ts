/** The page in which a browser runs the contract (test/e2e/contract.test.ts). */
import { CHECKS } from './checks.ts';
import { runOnFreshStore } from './fresh-store.ts';

declare global {
  /** Runs the check of that number; resolves with what is wrong, or `null`. */
  var runCheck: (index: number) => Promise<string | null>;
}

globalThis.runCheck = async (index) => {
  const check = CHECKS[index];
  if (!check) return `There is no check ${index}.`;
  try {
    await runOnFreshStore(check);
    return null;
  } catch (error) {
    const { name, message, stack } = error as Error;
    return `${name}: ${message}\n${stack}`;
  }
};
