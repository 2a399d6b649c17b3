/** Rows D3 and D4: templates are read backwards in one pass, and a variable cannot climb out of where it stands. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileUriTemplate, type TemplateVariables } from './uri-template.js';

function match(template: string, uri: string): TemplateVariables | undefined {
  return compileUriTemplate(template).match(uri);
}

/** What an expression is made from, percent-encoded as RFC 6570 wants it for `{x}`. */
const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !text.includes('\0') && !text.split(/[/\\]/).includes('..'));

describe('a template gives back the variables a URI was made from (D3)', () => {
  it.each([
    ['users://{id}', 'users://42', { id: '42' }],
    ['users://{id}/posts/{post}', 'users://a/posts/b', { id: 'a', post: 'b' }],
    ['files:///{+path}', 'files:///a/b/c.txt', { path: 'a/b/c.txt' }],
    ['files:///{+path}/raw', 'files:///a/raw/raw', { path: 'a/raw' }],
    ['note://{name}.md', 'note://today.md', { name: 'today' }],
    ['search://find?q={query}', 'search://find?q=a%26b', { query: 'a&b' }],
    ['fixed://there', 'fixed://there', {}],
  ])('reads %s from %s', (template, uri, variables) => {
    expect(match(template, uri)).toEqual(variables);
  });

  it.each([
    ['another scheme', 'users://{id}', 'user://42'],
    ['an empty variable', 'users://{id}', 'users://'],
    ['a simple variable that spans a slash', 'users://{id}', 'users://1/2'],
    ['a simple variable that spans a query', 'users://{id}', 'users://1?admin'],
    ['a simple variable that spans a fragment', 'users://{id}', 'users://1#x'],
    ['a literal that is missing', 'users://{id}/posts/{post}', 'users://1/post/2'],
    ['a tail behind the last literal', 'note://{name}.md', 'note://a.md.bak'],
    ['a last literal that overlaps the variable before it', 'note://{name}ab/ab', 'note://ab/ab'],
    ['a fixed URI with more behind it', 'fixed://there', 'fixed://there/more'],
    ['the same in other letters', 'users://{id}', 'USERS://42'],
  ])('does not match %s', (_, template, uri) => {
    expect(match(template, uri)).toBeUndefined();
  });

  it('is the inverse of percent-encoding for any text', () => {
    fc.assert(fc.property(value, value, (first, second) => {
      const uri = `items://${encodeURIComponent(first)}/of/${encodeURIComponent(second)}`;
      expect(match('items://{first}/of/{second}', uri)).toEqual({ first, second });
    }));
  });
});

describe('percent-encoding is undone exactly once (D3, D4)', () => {
  it.each([
    ['mixed letter case', 'x://%c3%A9', 'é'],
    ['an encoded slash, which is data', 'x://a%2Fb', 'a/b'],
    ['a percent sign encoded twice', 'x://%252e%252e%252f', '%2e%2e%2f'],
    ['a plus sign, which is no space', 'x://a+b', 'a+b'],
  ])('decodes %s', (_, uri, decoded) => {
    expect(match('x://{v}', uri)).toEqual({ v: decoded });
  });

  it.each([
    ['an escape cut short', 'x://%4'],
    ['an escape without digits', 'x://%zz'],
    ['bytes that are not UTF-8', 'x://%ff'],
    ['an overlong slash', 'x://%c0%af'],
    ['an encoded surrogate', 'x://%ed%a0%80'],
  ])('answers %s like a missing resource', (_, uri) => {
    expect(match('x://{v}', uri)).toBeUndefined();
  });
});

describe('a variable cannot climb out of where it stands (D4)', () => {
  it.each([
    'f:///../secret', 'f:///a/../../secret', 'f:///%2e%2e/secret', 'f:///%2e%2e%2fsecret', 'f:///%2E./secret',
    'f:///..%5csecret', 'f:///..\\secret', 'f:///a%2f..', 'f:///..', 'f:///ok%00.txt',
  ])('answers %s like a missing resource, on {+path} and on {path}', (uri) => {
    expect(match('f:///{+path}', uri)).toBeUndefined();
    expect(match('f:///{path}', uri)).toBeUndefined();
  });

  it.each(['f:///..hidden', 'f:///a..b', 'f:///v1...', 'f:///.env'])('lets %s pass: dots alone climb nowhere', (uri) => {
    expect(match('f:///{path}', uri)).toEqual({ path: uri.slice('f:///'.length) });
  });
});

describe('matching is linear whatever the URI (D3)', () => {
  it('answers a URI of 64 KB like a missing one', () => {
    expect(match('x://{+v}', `x://${'a'.repeat(65_536)}`)).toBeUndefined();
  });

  it('takes one pass over URIs made to be tried again and again', () => {
    const names = Array.from({ length: 32 }, (_, index) => `{+v${index}}`);
    const template = compileUriTemplate(`x://${names.join('a')}!`);
    fc.assert(fc.property(fc.integer({ min: 1, max: 8000 }), (length) => {
      expect(template.match(`x://${'a'.repeat(length)}`)).toBeUndefined();
    }));
  });

  it('never throws, whatever the URI', () => {
    const template = compileUriTemplate('x://{a}/{+b}?{c}');
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (tail) => {
      expect(() => template.match(`x://${tail}`)).not.toThrow();
    }));
  });

  it('keeps a variable of any name as plain data', () => {
    const variables = match('x://{__proto__}/{constructor}', 'x://a/b');
    expect(Object.entries(variables ?? {})).toEqual([['__proto__', 'a'], ['constructor', 'b']]);
    expect(Object.getPrototypeOf(variables)).toBe(Object.prototype);
  });
});

describe('a template that cannot be read backwards is refused with the reason (D3)', () => {
  it.each([
    ['an unclosed expression', 'x://{a', 'unclosed expression'],
    ['two expressions side by side', 'x://{a}{b}', 'side by side'],
    ['a name used twice', 'x://{a}/{a}', 'names a twice'],
    ['an exploded list', 'x://{+a*}', '{+a*}'],
    ['a query expression', 'x://{?a}', '{?a}'],
    ['a prefix', 'x://{a:3}', '{a:3}'],
    ['an empty expression', 'x://{}', '{}'],
    ['a nested expression', 'x://{+{a}}', '{+{a}'],
    ['more than 32 expressions', `x://${Array.from({ length: 33 }, (_, index) => `{v${index}}`).join('/')}`, 'more than 32'],
  ])('refuses %s', (_, template, reason) => {
    expect(() => compileUriTemplate(template)).toThrow(reason);
  });

  it('names the variables in order', () => {
    expect(compileUriTemplate('x://{b}/{+a}').variables).toEqual(['b', 'a']);
  });
});
