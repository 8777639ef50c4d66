/** An empty profile with its `ContextStorage`, on fake-indexeddb; and interactions to put in. */
import type { ContextStorageOptions } from '../../src/context/context-storage.ts';
import { type ContextProfile, contextOnProfile } from './context-on-profile.ts';
import { emptyProfile } from './local-profile.ts';

export * from './some-interactions.ts';
export type { ContextProfile };

export const contextProfile = async (options?: Partial<ContextStorageOptions>): Promise<ContextProfile> =>
  contextOnProfile(await emptyProfile(), options);
