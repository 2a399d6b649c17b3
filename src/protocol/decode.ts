/**
 * Turns the bytes of a body into messages or a named refusal. `JSON.parse` is no guard: it keeps the last of two
 * equal names, rounds integers and takes any depth. So one pass without recursion looks at the text first
 * (RFC 8259 §4, §6, §8.1; JSON-RPC 2.0 §4–§6; MCP base protocol, "Messages").
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { Fault, fault, type FaultName } from './faults.js';
import { isObject, isRequestId } from './json.js';
import type { Body, JsonObject, JsonValue, Message, Request, Response } from './message.js';

/** What one body may hold; each limit counts over the whole body, a batch included. */
export interface DecodeLimits {
  /** Objects and arrays inside one another. */
  maxDepth: number;
  /** Members of one object. */
  maxMembers: number;
  /** Values of every kind, containers included, names not. */
  maxValues: number;
  /** UTF-8 bytes of a string id between its quotes, as the caller wrote it. */
  maxIdBytes: number;
}

/** The limits of the reliability programme. */
export const defaultDecodeLimits: DecodeLimits = { maxDepth: 64, maxMembers: 1000, maxValues: 100_000, maxIdBytes: 256 };

/** A decoded body, or why there is none; `idText` is the id of the refused request where it could be read. */
export type Decoded = { body: Body } | { refused: Fault; idText: string | undefined };

const maxBatchMessages = 50;
/** Up to here comparing names one by one is cheaper than a Set. */
const fewNames = 8;
/** Shorter integers are always exact. */
const suspectDigits = 16;
const wholeNumber = /^(?:0|-?[1-9][0-9]*)$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Decodes a body or throws the {@link Fault} that refuses it. A batch is refused as a whole: one bad element
 * and nothing of it runs.
 */
export function decode(bytes: Buffer, limits: DecodeLimits): Body {
  const decoded = decodeOrRefuse(bytes, limits);
  if ('refused' in decoded) throw decoded.refused;
  return decoded.body;
}

/**
 * Decodes a body; a refusal comes back as a value, with the id its error should carry. A refused response has
 * no `idText`: sent back, its id would look like the answer to a request of the peer.
 */
export function decodeOrRefuse(bytes: Buffer, limits: DecodeLimits): Decoded {
  if (!isUtf8(bytes)) return { refused: fault('utf8_malformed'), idText: undefined };
  const text = bytes.toString('utf8');
  const survey = new Survey(text, limits);
  try {
    survey.run();
    const value = parse(text);
    if (survey.objection !== undefined) throw fault(survey.objection);
    return { body: bodyOf(value, survey.idTexts, limits) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { refused: error, idText: error.fault === 'json_malformed' ? undefined : survey.answerableId() };
  }
}

function parse(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    // Without the cause: V8 quotes the body in its message.
    throw fault('json_malformed');
  }
}

/** What is known of one open object or array. Frames are reused per depth. */
class Frame {
  isObject = false;
  isConstructor = false;
  members = 0;
  private readonly few: string[] = [];
  private many: Set<string> | undefined;

  open(isObject: boolean, isConstructor: boolean): void {
    this.isObject = isObject;
    this.isConstructor = isConstructor;
    this.members = 0;
    this.many = undefined;
  }

  /** Notes a decoded name; false when the object has it already. */
  add(name: string): boolean {
    const count = this.members++;
    if (count >= fewNames) {
      this.many ??= new Set(this.few);
      return this.many.size !== this.many.add(name).size;
    }
    let fresh = true;
    for (let index = 0; index < count; index++) if (this.few[index] === name) fresh = false;
    this.few[count] = name;
    return fresh;
  }
}

/**
 * The pass before the parse. It is exact for valid JSON and merely ends for anything else, because `JSON.parse`
 * has the last word on form. Depth and counts throw at once, so that nothing large is ever parsed; names and
 * numbers are noted in `objection` and raised after the parse, so that a broken text is called broken.
 */
class Survey {
  /** The raw id of each message, in order; undefined where it is absent or no string or number. */
  readonly idTexts: (string | undefined)[] = [];
  objection: FaultName | undefined;
  private readonly frames: Frame[] = [];
  private top = new Frame();
  private depth = 0;
  private values = 0;
  /** 1 for a message, 2 for the messages of a batch. */
  private messageDepth = 0;
  private atName = false;
  private atId = false;
  private hasMethod = false;
  private name = '';

  constructor(private readonly text: string, private readonly limits: DecodeLimits) {
    this.frames.push(this.top);
  }

  run(): void {
    const text = this.text;
    const end = text.length;
    let at = 0;
    while (at < end) {
      switch (text.charCodeAt(at)) {
        case 0x20: case 0x09: case 0x0a: case 0x0d: case 0x3a: at++; break;
        case 0x2c: this.atName = this.top.isObject; at++; break;
        case QUOTE: at = this.string(at); break;
        case 0x7b: this.open(true); at++; break;
        case 0x5b: this.open(false); at++; break;
        case 0x7d: case 0x5d: this.close(); at++; break;
        case 0x2d: case 0x30: case 0x31: case 0x32: case 0x33: case 0x34:
        case 0x35: case 0x36: case 0x37: case 0x38: case 0x39: at = this.number(at); break;
        default: at = this.word(at);
      }
    }
  }

  /** The id an error may carry: that of a single message that names a method and has one readable id. */
  answerableId(): string | undefined {
    const idText = this.messageDepth === 1 && this.hasMethod ? this.idTexts[0] : undefined;
    if (idText === undefined || !isId(idText, this.limits)) return undefined;
    try {
      JSON.parse(idText);
      return detached(idText);
    } catch {
      return undefined;
    }
  }

  private open(isObject: boolean): void {
    this.count();
    this.atId = false;
    const isConstructor = this.top.isObject && this.name === 'constructor';
    if (++this.depth > this.limits.maxDepth) throw fault('json_too_deep');
    if (this.messageDepth === 0) this.messageDepth = isObject ? 1 : 2;
    if (this.depth === this.messageDepth) this.idTexts.push(undefined);
    this.top = this.frames[this.depth] ??= new Frame();
    this.top.open(isObject, isConstructor);
    this.atName = isObject;
  }

  private close(): void {
    if (this.depth > 0) this.depth--;
    this.top = this.frames[this.depth] ?? this.top;
    this.atName = false;
  }

  private string(open: number): number {
    const close = closingQuote(this.text, open);
    if (close === -1) return this.text.length;
    if (this.atName) {
      this.atName = false;
      this.member(this.text.slice(open + 1, close));
    } else {
      this.count();
      if (this.atId) this.noteId(open, close + 1);
    }
    return close + 1;
  }

  private number(start: number): number {
    const text = this.text;
    let at = start;
    let exponent = false;
    let fraction = false;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x65 || code === 0x45) exponent = true;
      else if (code === 0x2e) fraction = true;
      else if (!(code >= 0x30 && code <= 0x39) && code !== 0x2d && code !== 0x2b) break;
    }
    this.count();
    if (this.atId) this.noteId(start, at);
    else if ((exponent || at - start >= suspectDigits) && !isExact(text.slice(start, at), exponent || fraction)) {
      this.objection ??= 'number_inexact';
    }
    return at;
  }

  private word(start: number): number {
    const first = this.text.charCodeAt(start);
    // Nothing but true, false and null begins otherwise; NULs of UTF-16 and a byte order mark end here.
    if (first !== 0x74 && first !== 0x66 && first !== 0x6e) throw fault('json_malformed');
    this.count();
    this.atId = false;
    let at = start + 1;
    for (let code = this.text.charCodeAt(at); code >= 0x61 && code <= 0x7a; code = this.text.charCodeAt(at)) at++;
    return at;
  }

  private member(written: string): void {
    const frame = this.top;
    const name = written.includes('\\') ? unescaped(written) : written;
    const fresh = frame.add(name);
    if (frame.members > this.limits.maxMembers) throw fault('json_too_wide');
    if (!fresh) this.objection ??= 'name_repeated';
    if (name === '__proto__' || (frame.isConstructor && name === 'prototype')) this.objection ??= 'name_forbidden';
    this.name = name;
    if (this.depth !== this.messageDepth) return;
    if (name === 'method') this.hasMethod = true;
    if (name !== 'id') return;
    this.atId = fresh;
    // Of two ids neither is the caller's.
    if (!fresh) this.idTexts[this.idTexts.length - 1] = undefined;
  }

  private noteId(start: number, end: number): void {
    this.atId = false;
    this.idTexts[this.idTexts.length - 1] = this.text.slice(start, end);
  }

  private count(): void {
    if (++this.values > this.limits.maxValues) throw fault('json_too_wide');
  }
}

/** Where the string opened at `open` closes, or −1. `indexOf` crosses long strings at memory speed. */
function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at;
  }
  return -1;
}

function unescaped(written: string): string {
  try {
    return String(JSON.parse(`"${written}"`));
  } catch {
    return written;
  }
}

function isExact(literal: string, isApproximate: boolean): boolean {
  const value = Number(literal);
  return Number.isFinite(value) && (isApproximate || String(value) === literal);
}

function isId(idText: string, limits: DecodeLimits): boolean {
  if (idText.charCodeAt(0) === QUOTE) return Buffer.byteLength(idText) - 2 <= limits.maxIdBytes;
  return wholeNumber.test(idText) && Number.isSafeInteger(Number(idText));
}

/** V8 lets a slice of 13 characters or more keep its whole parent alive; an id may outlive its body. */
function detached(slice: string): string {
  return slice.length < 13 ? slice : Buffer.from(slice).toString();
}

function bodyOf(value: JsonValue, idTexts: readonly (string | undefined)[], limits: DecodeLimits): Body {
  if (!Array.isArray(value)) return messageOf(value, idTexts[0], limits);
  if (value.length === 0) throw fault('batch_refused', { say: 'A batch must hold a message' });
  if (value.length > maxBatchMessages) {
    throw fault('batch_refused', { say: `A batch may hold ${maxBatchMessages} messages` });
  }
  return { kind: 'batch', messages: value.map((element, index) => messageOf(element, idTexts[index], limits)) };
}

function messageOf(value: JsonValue, idText: string | undefined, limits: DecodeLimits): Message {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') throw fault('message_malformed');
  const { id, method } = value;
  if (id !== undefined && (idText === undefined || !isId(idText, limits))) throw fault('id_malformed');
  if (method === undefined) return responseOf(value);
  if (typeof method !== 'string' || value['result'] !== undefined || value['error'] !== undefined) {
    throw fault('message_malformed');
  }
  const { params = {} } = value;
  if (!isObject(params)) throw fault('message_malformed');
  if (!isRequestId(id) || idText === undefined) return { kind: 'notification', method, params };
  return { kind: 'request', id, idText: detached(idText), method, params } satisfies Request;
}

function responseOf(value: JsonObject): Response {
  const { id, result, error } = value;
  if (!isRequestId(id)) throw fault('message_malformed');
  if (isObject(result) && error === undefined) return { kind: 'response', id, result };
  if (!isObject(error) || result !== undefined) throw fault('message_malformed');
  const { code, message } = error;
  if (typeof code !== 'number' || !Number.isInteger(code) || typeof message !== 'string') throw fault('message_malformed');
  return { kind: 'response', id, error: { code, message } };
}
