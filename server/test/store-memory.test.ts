import { createMemoryStore } from '../src/store/memory.ts';
import { storeContract } from './contract/store-contract.ts';

storeContract({ name: 'memory', open: async () => createMemoryStore(), cleanUp: async () => {} });
