/** Writes `docs/benchmarks.md` from the results of a run, so that none of its numbers is typed. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { judged } from './goals.mjs';
import { aligned } from './numbers.mjs';
import { costTable, cpuTable, goalTable, ratioTable } from './report.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const path = 'docs/benchmarks.md';

/** Writes the page; where it lies, seen from the repository. */
export function writeDocument(run) {
  writeFileSync(join(root, path), `${[summary(run), tables(run), method(run), limits(run), origin(run)].join('\n\n')}\n`);
  return path;
}

function summary({ rates, costs }) {
  const goals = judged(rates, costs);
  const count = (verdict) => goals.filter(({ holds }) => holds === verdict).length;
  return `# Benchmarks

Gatehouse is a server for the Model Context Protocol (MCP): clients call tools on it over HTTP. This page says how much
of the machine that costs, compared with three kinds of others: **bare node:http**, which parses a JSON body and answers
a fixed text, so that hardly any server on Node can be cheaper; the **official SDKs** of the protocol (SDK 2 is
\`@modelcontextprotocol/server\`, SDK 1 is \`@modelcontextprotocol/sdk\`); and three **frameworks** built on these SDKs.

Of ${goals.length} goals, ${count('yes')} are met${count('manual') === 0 ? '' : `, ${count('manual')} only against SDK 2 as its manual runs it`} and ${count('no')} not:

${goalTable(goals)}

“6×” means six times as many answers per second, or six times as much memory or time where the goal says “at most”.
Where a goal covers several revisions of the protocol, the worst of them stands here. “By CPU time” is the same ratio by
the processor time that an answer took: it is disturbed less by anything else that runs on the machine. “Bare node:http”
is what that one reaches in the place of Gatehouse: where it is below the goal, hardly any server on Node can meet it.

SDK 2 is measured twice. Its manual shows it on \`node:http\` reading each request by itself, and the goals were set
against that. It is much faster when it is given a body that is parsed already, as its manual does with Express;
“SDK 2 at its fastest” is the same ratio against that.`;
}

function tables({ rates, costs, plan }) {
  return `## Every case

How many times as many answers per second Gatehouse gives as the server on top of the column: the median of
${plan.rounds} rounds, with the least and the most in brackets. “–” stands where a server cannot do it, or cannot do it
in this way. An asterisk means that the load generator was at its limit, so that the servers differ more than it says.
In the last rows less is better: 0.5 is half the memory or time.

${ratioTable(rates, costs)}

Processor time of one answer, in microseconds, all threads together. For “one notification to 1,000 open streams” it is
the time of one delivery, and for “1,000 notifications per call” of the whole call:

${cpuTable(rates)}

What a start, waiting clients and a full load cost:

${costTable(costs)}`;
}

function method({ machine, plan, costs }) {
  const counted = (id) => costs.find((cost) => cost.id === id).rounds[0].gatehouse.count.toLocaleString('en');
  return `## How it is measured

- Every server is a process of its own on this machine, and so is the load generator${machine.pinned ? '; servers share one processor core, of which one at a time has work, and the generator has another' : ''}.
- All servers of a case are measured in turns, A B C A B C, and a ratio is taken within one turn: a slow minute slows all
  alike. Each is warmed up before its first turn (${plan.coldWarmMs / 1000} s) and before every later one. What
  a goal is judged by is measured three times as long as the rest.
- All get the same bytes over the same keep-alive connections from the same small HTTP client. “16 at once” are 16
  connections that each send the next request when the answer to the last has come.
- All offer the same tools with the same schemas and results. Every answer is checked, and a wrong one ends the run.
- Gatehouse is the program as it is shipped, with four tools, for calls, sessions, memory and start; where a case needs
  other tools, it is embedded in an application of a few lines. Sign-in is off, as it is for the others, but for the case
  that is named “caller verified”. Settings that differ: limits that one caller with this load would meet (sessions,
  parallel calls), and the page of a list holds 1,000 tools, since the others send a list in one piece.
- The others run as their manuals show, in their fastest way to answer: plain JSON instead of an event stream; MCP-Nest
  on Fastify and with sessions; fastmcp and mcp-framework with sessions.
- Memory is what ${counted('idle-session')} sessions (fewer on fastmcp and mcp-framework) or ${counted('idle-stream-mcp')}
  streams add, after a first lot has paid for code and tables, and after a garbage
  collection. The young part of V8's heap has a fixed size on all servers meanwhile.
- Event-loop delay is measured inside each server by Node's own histogram, once a millisecond, under full load.`;
}

function limits({ share }) {
  return `## What these numbers do not say

- They belong to one machine. Ratios travel better than times, and neither travels far.
- The tools do nothing. A tool that asks a database for 20 ms makes all servers alike.
- There is one client machine, the same as the server's, and no network between them.
- A server that is much faster than the generator looks slower than it is; see the asterisks, and the processor times.
- fastmcp waits a second in every \`initialize\`, which its numbers for sessions show. mcp-framework sends each answer to every
  open session, so it gets slower with their number; its idle sessions were few. fastmcp has no output schemas, so
  it sends less. MCP-Nest and mcp-framework send the progress of a session's call on another stream, so they have no number there.
- Bare node:http encodes its answer anew each time; Gatehouse keeps the bytes of a list and writes what a tool reports in one
  turn at once, which is why it can be ahead with long lists and progress.
- A stream of Gatehouse remembers what was sent and lets a client come back for it; the others were not asked to.${share === undefined ? '' : `
- While servers were under full load they got ${Math.round(share * 100)} % of their core${share < 0.9 ? ', so something else was running: look at the processor times rather than at the clock' : ''}.`}`;
}

function origin({ machine, versions, plan, seconds }) {
  const rows = [
    ['Command', `\`npm run bench -- ${process.argv.slice(2).join(' ')}\``],
    ['Date', machine.date.slice(0, 10)],
    ['Duration', `${Math.round(seconds / 60)} min, ${plan.rounds} rounds`],
    ['Processor', `${machine.processor}, ${machine.cores} cores`],
    ['Memory', `${machine.gigabytes} GB`],
    ['System', machine.system === 'linux' ? 'Linux' : machine.system],
    ['Node', machine.node],
    ...Object.entries(versions).map(([name, version]) => [name, version]),
  ];
  return `## Where these numbers come from

${aligned([['', ''], ...rows])}

Nothing on this page is written by hand: \`bench/document.mjs\` writes it from the run. \`npm run bench -- --help\` says
what else can be asked.`;
}
