/** The decorators keep what they were told, in the form that discovery and Nest's pipes read. */
import { describe, expect, it } from 'vitest';
import { ARGUMENTS, Completion, DECLARATIONS, Prompt, Resource, ResourceTemplate, Tool } from './decorators.js';

class Offers {
  @Tool({ title: 'T' })
  tool(): void {}

  @Tool()
  bare(): void {}

  @Prompt({ name: 'p' })
  @Tool({ name: 't' })
  both(): void {}

  @Resource({ uri: 'x://r' })
  resource(): void {}

  @ResourceTemplate({ uriTemplate: 'x://{id}' })
  template(): void {}

  @Completion({ prompt: 'p', argument: 'a' })
  @Completion({ uriTemplate: 'x://{id}', argument: 'id' })
  complete(): void {}

  plain(): void {}
}

class Heir extends Offers {}

function declared(method: keyof Offers): unknown {
  return Reflect.getMetadata(DECLARATIONS, Offers.prototype[method]);
}

describe('a decorated method is found with its options', () => {
  it.each<[keyof Offers, unknown]>([
    ['tool', [{ kind: 'tool', options: { title: 'T' } }]],
    ['bare', [{ kind: 'tool', options: {} }]],
    ['both', [{ kind: 'tool', options: { name: 't' } }, { kind: 'prompt', options: { name: 'p' } }]],
    ['resource', [{ kind: 'resource', options: { uri: 'x://r' } }]],
    ['template', [{ kind: 'template', options: { uriTemplate: 'x://{id}' } }]],
    ['complete', [{ kind: 'completion', options: { uriTemplate: 'x://{id}', argument: 'id' } }, { kind: 'completion', options: { prompt: 'p', argument: 'a' } }]],
    ['plain', undefined],
  ])('%s', (method, declarations) => {
    expect(declared(method)).toEqual(declarations);
  });

  it('tells Nest where the arguments stand, for heirs too, and nothing about other methods', () => {
    for (const owner of [Offers, Heir]) {
      const positions: Record<string, { index: number }> = Reflect.getMetadata(ARGUMENTS, owner, 'tool');
      expect(Object.values(positions).map(({ index }) => index)).toEqual([0, 1, 2]);
    }
    expect(Reflect.getMetadata(ARGUMENTS, Offers, 'plain')).toBeUndefined();
  });
});
