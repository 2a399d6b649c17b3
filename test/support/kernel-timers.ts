/** What the kernel is waiting for on a connection, as Linux tells it in /proc/net/tcp. */
import { readFileSync } from 'node:fs';

/** The kinds of timer that matter here; see the kernel's Documentation/networking/proc_net_tcp. */
const KINDS = { 1: 'retransmission', 2: 'probe', 4: 'window probe' } as const;
const TICKS_PER_SECOND = 100;

/** The timer that runs on the connection between two local ports, and after how many milliseconds it fires. */
export function kernelTimer(localPort: number, remotePort: number): { kind: string; ms: number } | undefined {
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const [, local = '', remote = '', , , timer = ''] = line.trim().split(/\s+/);
    if (portOf(local) !== localPort || portOf(remote) !== remotePort) continue;
    const [kind = '', when = ''] = timer.split(':');
    return { kind: Object.entries(KINDS).find(([code]) => Number(code) === Number.parseInt(kind, 16))?.[1] ?? 'none', ms: Number.parseInt(when, 16) * 1000 / TICKS_PER_SECOND };
  }
  return undefined;
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
