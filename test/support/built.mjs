/** Puts the built server in the place of its sources, for a process that brings tools of its own: `node --import` this file. */
import { registerHooks } from 'node:module';

const root = new URL('../../', import.meta.url).href;
const source = new RegExp(`^${root}src/(.*)\\.ts$`);

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return { ...found, url: found.url.replace(source, `${root}dist/$1.js`) };
  },
});
