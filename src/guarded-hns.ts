/** What `import 'portacl/hns'` gives: {@link hns.ts}, its error class behind the guard of the others. */
import { guardedError } from './guarded-errors.js';
import * as api from './hns.js';

export * from './hns.js';

export const HnsError = guardedError(api.HnsError);
