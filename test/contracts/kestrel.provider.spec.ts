import { KESTREL_METHODS, startKestrel } from './kestrel-under-test.js';
import { describeProvider } from './payment-provider.js';

describeProvider('kestrel', KESTREL_METHODS, startKestrel());
