import { describe, expect, it } from 'vitest';
import { html } from './html.js';

describe('whatever goes into a page is text', () => {
  it('escapes what could end a text or an attribute', () => {
    expect(html`<p title="${'"><script>'}">${"<b>'&'</b>"}</p>`.text).toBe('<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&#39;&amp;&#39;&lt;/b&gt;</p>');
  });

  it('keeps HTML of its own making, and lists of it', () => {
    expect(html`<ul>${['<a>', 'b'].map((item) => html`<li>${item}</li>`)}</ul>`.text).toBe('<ul><li>&lt;a&gt;</li><li>b</li></ul>');
  });

  it('leaves out what is absent', () => {
    expect(html`[${undefined}${false}${[]}]`.text).toBe('[]');
  });

  it('shows letters that would turn the line around or hide', () => {
    expect(html`${'Claude\u202Eedoc\u200B\u0000'}`.text).toBe('Claude\ufffdedoc\ufffd\ufffd');
  });
});
