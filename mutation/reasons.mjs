/** Why a change makes no difference that a test could see: by file and a part of the line it stands on. */
export const reasons = [
  {
    why: 'Speed or memory alone: the other way gives the same answer.',
    where: [
      ['decode.ts', 'if (count >= fewNames) {'], ['decode.ts', 'slice.length < 13'], ['protocol/caller.ts', 'known !== undefined'], ['protocol/caller.ts', 'ownerKeys.set'],
      ['dispatcher.ts', 'entry.mirrored.length === 0'], ['interaction.ts', 'this.#pending.size === 0'], ['outbox.ts', 'this.#head > 64'],
      ['envelope.ts', "if (members._meta || 'resultType' in members)"], ['lists.ts', 'MAX_CACHED_PAGES'], ['lists.ts', 'if (this.access.uniform)'],
      ['subscription.ts', 'this.#open.delete(end)'], ['tool-result.ts', '!(rules.audio && rules.structured)'], ['request-state.ts', 'MAX_SEALED * 2'],
    ],
  },
  {
    why: 'The text is no JSON anyway, and `JSON.parse` has the last word.',
    where: [
      ['decode.ts', "private name = ''"], ['decode.ts', 'constructor('], ['decode.ts', 'this.frames.push(this.top)'], ['decode.ts', 'if (this.depth > 0) this.depth--'],
      ['decode.ts', 'this.atName = false;'], ['decode.ts', 'private readonly frames'], ['decode.ts', 'isObject = false'], ['decode.ts', 'isConstructor = false'], ['decode.ts', '} catch {'],
      ['decode.ts', 'code <= 0x7a'], ['decode.ts', "let at = text.indexOf"],
    ],
  },
  {
    why: 'What would differ is overwritten, or computed alike, before anybody looks.',
    where: [
      ['decode.ts', 'private readonly few: string[] = []'], ['decode.ts', 'private atId = false'], ['decode.ts', 'if (!fresh) this.idTexts'], ['decode.ts', '(at - before) % 2'],
      ['header-mirror.ts', "'const', 'default', 'enum', 'examples', 'required'"], ['header-mirror.ts', 'index < value.length'], ['header-mirror.ts', "annotation, 'const'"],
      ['dispatcher.ts', "stringAt(params, 'name') ?? ''"], ['dispatcher.ts', 'default: return undefined'], ['live-context.ts', "join(', ')"],
    ],
  },
];
