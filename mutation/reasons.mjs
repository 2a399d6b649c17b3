/** Why a change makes no difference that a test could see: by file and a part of the line it stands on. */
export const reasons = [
  {
    why: 'Speed or memory alone: the other way gives the same answer, later or for more.',
    where: [
      ['decode.ts', 'if (count >= fewNames) {'], ['decode.ts', 'slice.length < 13'], ['protocol/caller.ts', 'known !== undefined'], ['protocol/caller.ts', 'ownerKeys.set'],
      ['dispatcher.ts', 'entry.mirrored.length === 0'], ['interaction.ts', 'this.#pending.size === 0'], ['outbox.ts', 'this.#head > 64'],
      ['envelope.ts', "if (members._meta || 'resultType' in members)"], ['lists.ts', 'MAX_CACHED_PAGES'], ['lists.ts', 'if (this.access.uniform)'],
      ['subscription.ts', 'this.#open.delete(end)'], ['tool-result.ts', '!(rules.audio && rules.structured)'], ['decode.ts', "written.includes('\\\\')"],
    ],
  },
  {
    why: 'The text is no JSON anyway, and `JSON.parse` has the last word.',
    where: [
      ['decode.ts', "private name = ''"], ['decode.ts', 'constructor('], ['decode.ts', 'this.frames.push(this.top)'], ['decode.ts', 'if (this.depth > 0) this.depth--'],
      ['decode.ts', 'this.atName = false;'], ['decode.ts', 'private readonly frames'], ['decode.ts', 'isObject = false'], ['decode.ts', 'isConstructor = false'], ['decode.ts', '} catch {'],
      ['decode.ts', 'code <= 0x7a'], ['decode.ts', 'let at = text.indexOf'],
    ],
  },
  {
    why: 'What would differ is overwritten, or comes out alike, before anybody looks.',
    where: [
      ['decode.ts', 'private readonly few: string[] = []'], ['decode.ts', 'private atId = false'], ['decode.ts', 'if (!fresh) this.idTexts'], ['decode.ts', '(at - before) % 2'],
      ['header-mirror.ts', "annotation, 'const'"], ['header-mirror.ts', 'index < value.length'], ['dispatcher.ts', "stringAt(params, 'name') ?? ''"],
      ['dispatcher.ts', 'default: return undefined'], ['live-context.ts', "join(', ')"], ['request-state.ts', "'utf8'"], ['lists.ts', "? 'first' :"],
    ],
  },
  {
    why: 'The compiler asks; at run time the answer is always the same.',
    where: [
      ['decode.ts', '!(error instanceof Fault)'], ['decode.ts', '!isRequestId(id) || idText === undefined'], ['decode.ts', "typeof code !== 'number'"],
      ['dispatcher.ts', "typeof tool === 'string'"], ['dispatcher.ts', "#targetOf('resources/read'"], ['dispatcher.ts', 'family?.entry'], ['outbox.ts', 'at(-1)?.kind'],
      ['tool-result.ts', 'entry.output?.check'], ['live-context.ts', 'total !== undefined'], ['live-context.ts', 'sampling?.tools'],
      ['request-state.ts', 'typeof id !=='], ['request-state.ts', 'if (isObject(content))'], ['failures.ts', "typeof response === 'object'"], ['lists.ts', '?? []'], ['lists.ts', "schema?.['required']"],
    ],
  },
  {
    why: 'JSON prints no member that is undefined.',
    where: [
      ['subscription.ts', 'if (uris) agreed'], ['tool-result.ts', 'structuredContent !== undefined'], ['tool-result.ts', 'mimeType === undefined'],
      ['live-context.ts', 'message !== undefined'], ['live-context.ts', 'logger !== undefined'],
    ],
  },
  {
    why: 'The first of two guards: what it lets pass, the second refuses in the same words.',
    where: [['lists.ts', 'const CURSOR'], ['lists.ts', 'cursor !== undefined && typeof cursor'], ['request-state.ts', 'text.length > MAX_SEALED * 2']],
  },
];
