/**
 * The contract: everything that the seed's `ContextStorage` and the store under it promise, and what the cryptography under them
 * has to give wherever it runs.
 */
import type { Check } from './check.ts';
import { CONTEXT_CHECKS } from './contexts.ts';
import { DURABILITY_CHECKS } from './durability.ts';
import { ERASING_CHECKS } from './erasing.ts';
import { FAILURE_CHECKS } from './failures.ts';
import { FROZEN_CHECKS } from './frozen.ts';
import { INTERACTION_CHECKS } from './interactions.ts';
import { LOCK_CHECKS } from './locked.ts';
import { MAINTENANCE_CHECKS } from './maintenance.ts';
import { SEARCH_CHECKS } from './searching.ts';
import { STATISTICS_CHECKS } from './statistics.ts';
import { VECTOR_CHECKS } from './vectors.ts';

export const CHECKS: readonly Check[] = [
  ...CONTEXT_CHECKS,
  ...INTERACTION_CHECKS,
  ...SEARCH_CHECKS,
  ...STATISTICS_CHECKS,
  ...MAINTENANCE_CHECKS,
  ...DURABILITY_CHECKS,
  ...ERASING_CHECKS,
  ...FAILURE_CHECKS,
  ...LOCK_CHECKS,
  ...VECTOR_CHECKS,
  ...FROZEN_CHECKS,
];
