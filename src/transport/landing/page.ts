/** The text of the connect page: no script, readable on a phone, light and dark. */

/** What the page shows. */
export interface LandingFacts {
  title: string;
  base: string;
  mcpPath: string;
  ssePath: string;
  /** Where people prove who they are; undefined where nobody asks. */
  signIn: 'here' | 'external' | undefined;
  /** What the reader may know of. */
  tools: readonly { name: string; about: string }[];
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dce3, #333a45); --soft: light-dark(#f4f6f9, #171b21); --ink: light-dark(#1a202b, #e7eaf0); --dim: light-dark(#5a6473, #9aa4b3); --mark: light-dark(#0b5fc0, #7db4ff); }
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: light-dark(#fff, #0f1216) }
main { max-width: 54rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem } h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem }
p { margin: .4rem 0 } .dim { color: var(--dim) }
code { font: .92em ui-monospace, monospace } a { color: var(--mark) }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 0; padding: .8rem 1rem; background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto }
.address { font-size: 1.05rem; border-left: .25rem solid var(--mark) }
dl { margin: 0; border-top: 1px solid var(--line) } dl > div { display: grid; grid-template-columns: 12rem 1fr; gap: 0 1rem; padding: .5rem 0; border-bottom: 1px solid var(--line) }
dt { font-weight: 600; overflow-wrap: anywhere } dd { margin: 0; color: var(--dim) }
details { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem; margin: .5rem 0 } summary { cursor: pointer; font-weight: 600 }
@media (max-width: 36rem) { dl > div { grid-template-columns: 1fr } main { padding-top: 1.5rem } }
`;

/** The whole HTML document. Every fact is escaped. */
export function landingPage({ title, base, mcpPath, ssePath, signIn, tools }: LandingFacts): string {
  const mcp = escape(base + mcpPath);
  const sse = escape(base + ssePath);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main>
<h1>${escape(title)}</h1>
<p class="dim">A Model Context Protocol server. Give your AI client this address:</p>
<pre class="address"><code>${mcp}</code></pre>
${signInText(signIn)}<h2>Connect a client</h2>
${client('Claude Code', 'Run in a terminal:', `claude mcp add --transport http gatehouse ${mcp}`, true)}
${client('VS Code', 'In <code>.vscode/mcp.json</code>:', json({ servers: { gatehouse: { type: 'http', url: base + mcpPath } } }))}
${client('Cursor', 'In <code>~/.cursor/mcp.json</code>:', json({ mcpServers: { gatehouse: { url: base + mcpPath } } }))}
${client('Claude and ChatGPT, web or desktop', 'Both connect from their own cloud: the server must have a public address (<code>GATEHOUSE_PUBLIC_URL</code>). Add it under Settings → Connectors.', `${mcp}`)}
${client('MCP Inspector', 'Run in a terminal and open the page it prints:', `npx @modelcontextprotocol/inspector --transport http --server-url ${mcp}`)}
${client('Clients that only know HTTP+SSE', 'Give them this address instead:', sse)}
${client('curl', signIn === undefined ? 'Ask for the tools:' : 'Make a key with <code>npx gatehouse keys create me --roles admin</code>, put it into <code>KEY</code>, and ask for the tools:', curl(base + mcpPath, signIn !== undefined))}
${toolList(tools, signIn !== undefined)}</main></body></html>
`;
}

function signInText(signIn: LandingFacts['signIn']): string {
  switch (signIn) {
    case 'here': return '<p>Your client opens the browser, and you sign in. What you have connected stands under <a href="/account">connected applications</a>.</p>\n';
    case 'external': return '<p>Your client opens the browser, and you sign in with your company account.</p>\n';
    case undefined: return '';
  }
}

function toolList(tools: LandingFacts['tools'], partial: boolean): string {
  if (tools.length === 0) return '';
  const heading = `${tools.length} ${tools.length === 1 ? 'tool' : 'tools'}${partial ? ' for everyone' : ''}`;
  return `<h2>${heading}</h2>
<dl>${tools.map(({ name, about }) => `<div><dt><code>${escape(name)}</code></dt><dd>${escape(about)}</dd></div>`).join('')}</dl>
`;
}

function client(name: string, how: string, text: string, open = false): string {
  return `<details${open ? ' open' : ''}><summary>${name}</summary><p>${how}</p><pre><code>${text}</code></pre></details>`;
}

function json(value: object): string {
  return escape(JSON.stringify(value, null, 2));
}

function curl(mcp: string, signedIn: boolean): string {
  const credential = signedIn ? ' -H "authorization: Bearer $KEY"' : '';
  return escape(`curl -s ${mcp}${credential} \\
  -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' \\
  -H 'mcp-protocol-version: 2026-07-28' -H 'mcp-method: tools/list' \\
  -d '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{
       "io.modelcontextprotocol/protocolVersion":"2026-07-28",
       "io.modelcontextprotocol/clientCapabilities":{}}}}'`);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}
