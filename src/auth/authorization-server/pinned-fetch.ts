/**
 * Fetches a document for a stranger without letting them choose what inside our network is asked (promise P8): the name is
 * resolved once, every address it has is judged, and the connection goes to one of exactly these, so that a second answer of
 * the name server cannot move it. No redirects, no proxy, no waiting, no more than a few kilobytes.
 */
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Network } from './network.js';

const TIMEOUT_MS = 2500;
const HTTPS_PORT = 443;

/** Why nothing was fetched; the message is for the log. */
export class FetchRefused extends Error {
  override readonly name = 'FetchRefused';
}

@Injectable()
export class PinnedFetch {
  constructor(private readonly network: Network) {}

  /** The answer, whatever its status. Throws {@link FetchRefused} for an address that may not be asked and an answer too long or late. */
  async get(address: string, maxBytes: number): Promise<Response> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const url = checkedUrl(address);
    const pinned = await this.#addressesOf(url.hostname, signal);
    const answer = await this.#send(url, pinned, signal);
    const body = await readBody(answer, maxBytes);
    const headers = new Headers();
    for (const name of ['content-type', 'cache-control', 'expires', 'age', 'date']) {
      const value = answer.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const status = answer.statusCode ?? 502;
    return new Response([204, 205, 304].includes(status) ? null : new Uint8Array(body), { status, headers });
  }

  async #addressesOf(hostname: string, signal: AbortSignal): Promise<string[]> {
    const literal = hostname.replace(/^\[(.*)\]$/, '$1');
    const addresses = isIP(literal) ? [literal] : await within(this.network.resolve(hostname), signal);
    if (addresses.length === 0) throw new FetchRefused('the host has no address');
    // One bad address condemns the name: picking the good ones would let the name's owner find out which those are.
    if (addresses.some((one) => this.network.isForbidden(one))) throw new FetchRefused('the host has an address of special use');
    return addresses;
  }

  #send(url: URL, addresses: readonly string[], signal: AbortSignal): Promise<IncomingMessage> {
    const lookup: LookupFunction = (_hostname, options, callback) => {
      const all = addresses.map((address) => ({ address, family: isIP(address) }));
      const [first] = all;
      if (options.all === true) callback(null, all);
      else callback(null, first?.address ?? '', first?.family);
    };
    const options: RequestOptions = {
      method: 'GET', lookup, signal, agent: false, ca: this.network.authorities.length > 0 ? [...this.network.authorities] : undefined,
      headers: { 'Accept': 'application/json', 'Accept-Encoding': 'identity', 'Connection': 'close' },
    };
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => reject(new FetchRefused('the document could not be fetched', { cause: error }));
      request(url, options, resolve).once('error', refuse).end();
    });
  }
}

function checkedUrl(address: string): URL {
  const url = URL.parse(address);
  if (url?.protocol !== 'https:') throw new FetchRefused('only https is fetched');
  if (url.username !== '' || url.password !== '' || url.hash !== '') throw new FetchRefused('the address has a user or a fragment');
  const port = url.port === '' ? HTTPS_PORT : Number(url.port);
  // Ports below 1024 belong to other protocols, which an https greeting may upset.
  if (port !== HTTPS_PORT && port < 1024) throw new FetchRefused('the port belongs to another service');
  return url;
}

async function readBody(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer) {
      if (!Buffer.isBuffer(chunk)) continue;
      length += chunk.length;
      if (length > maxBytes) throw new FetchRefused(`the document is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof FetchRefused ? error : new FetchRefused('the document did not arrive', { cause: error });
  } finally {
    answer.destroy();
  }
  return Buffer.concat(chunks);
}

function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new FetchRefused('the name server took too long'));
    if (signal.aborted) return late();
    signal.addEventListener('abort', late, { once: true });
    const refuse = (error: unknown): void => reject(new FetchRefused('the host name cannot be resolved', { cause: error }));
    return void work.then(resolve, refuse).finally(() => signal.removeEventListener('abort', late));
  });
}
