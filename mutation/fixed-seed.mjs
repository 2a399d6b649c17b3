/** Random cases are the same for every mutant: otherwise chance would kill one today and spare it tomorrow. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20260728 });
