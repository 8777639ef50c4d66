/** A share of the sequences: test/support/store-model/sequences.ts. */
import { theStoreAgreesWithTheModel } from '../../support/store-model/sequences.ts';

theStoreAgreesWithTheModel();
