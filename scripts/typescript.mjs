/** Lets Node run our sources as they are, decorators and their metadata included: `node --import` this file. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';

const configuration = fileURLToPath(new URL('../tsconfig.json', import.meta.url));
const { compilerOptions } = typescript.readConfigFile(configuration, typescript.sys.readFile).config;
const { options } = typescript.convertCompilerOptionsFromJson(
  {
    ...compilerOptions, noEmit: false, module: 'esnext', moduleResolution: 'bundler',
    inlineSourceMap: true, inlineSources: true,
  }, '.');

process.setSourceMapsEnabled(true);
registerHooks({
  resolve(specifier, context, next) {
    const ours = /^\.{1,2}\//.test(specifier) && !context.parentURL?.includes('/node_modules/');
    try {
      return next(ours ? specifier.replace(/\.js$/, '.ts') : specifier, context);
    } catch (error) {
      if (ours) return next(specifier, context);
      throw error;
    }
  },
  load(url, context, next) {
    if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
    const fileName = fileURLToPath(url);
    const { outputText: source } = typescript.transpileModule(readFileSync(fileName, 'utf8'), {
      compilerOptions: options, fileName,
    });
    return { format: 'module', source, shortCircuit: true };
  },
});
