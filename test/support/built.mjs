/** Lets a test's own sources stand on the server as it is built: `node --import` this file, behind scripts/typescript.mjs. */
import { registerHooks } from 'node:module';

const SOURCES = new URL('../../src/', import.meta.url).href;
const BUILT = new URL('../../dist/', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const wanted = /^\.{1,2}\//.test(specifier) ? new URL(specifier, context.parentURL).href : specifier;
    return next(wanted.startsWith(SOURCES) ? wanted.replace(SOURCES, BUILT) : specifier, context);
  },
});
