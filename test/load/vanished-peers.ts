/**
 * Peers that really vanish (reliability row B2): `node --import ./scripts/typescript.mjs test/load/vanished-peers.ts 2000`,
 * as root. The streams come from an address that is then taken away, so that not even the kernel answers for them.
 * Prints after how many seconds the server held none of them; ends with 1 where that took more than 45.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { idleStream } from '../support/idle-streams.js';
import { LedgerServer } from '../support/ledger-server.js';
import { many } from '../support/many.js';

const [count = 2000] = process.argv.slice(2).map(Number);
const [ADDRESS, MOST_SECONDS] = ['10.99.0.1/32', 45];

function ip(...words: string[]): void {
  execFileSync('ip', words);
}

const server = await LedgerServer.start({ LOG_LEVEL: 'warn' });
const before = server.process.descriptors;
ip('address', 'add', ADDRESS, 'dev', 'lo');
await many(count, (index) => idleStream(server.url, index, ADDRESS.split('/')[0]), 100);
// What is on its way to them has arrived.
await pause(2000);
const open = server.process.descriptors;
ip('address', 'delete', ADDRESS, 'dev', 'lo');
// Nothing of this leaves the machine.
ip('route', 'add', 'blackhole', ADDRESS);
const vanished = performance.now();
const seconds = (): number => Math.round((performance.now() - vanished) / 1000);
while (server.process.descriptors > before && seconds() < 4 * MOST_SECONDS) await pause(500);
const [after, took] = [server.process.descriptors, seconds()];
console.log(JSON.stringify({ streams: count, before, open, after, seconds: took }));
ip('route', 'delete', 'blackhole', ADDRESS);
await server.process.kill();
process.exit(after > before || took > MOST_SECONDS ? 1 : 0);
