/** One keep-alive HTTP/1.1 connection over a bare socket: as little work as possible on the side that measures. */
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;

/** An answer as it came; the head is text, header names in the case of the server. */
export class Answer {
  constructor(head, body) {
    this.head = head;
    this.status = Number(head.slice(9, 12));
    this.body = body;
  }

  /** The value of a header, undefined where it is absent. */
  header(name) {
    return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(this.head)?.[1];
  }

  /** The body as text; only its ASCII is ever looked at. */
  get text() {
    return this.body.latin1Slice(0, this.body.length);
  }
}

export class Connection {
  #socket;
  #settle;
  #read = this.#readHead;
  #pending = Buffer.alloc(0);
  #head = '';
  #chunks = [];
  #missing = 0;
  #onText;
  #failure;

  /** An open connection to a port of this machine. */
  static open(port) {
    return new Promise((resolve, reject) => {
      const connection = new Connection();
      connection.#socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(connection));
      connection.#socket.on('data', (data) => connection.#take(data));
      connection.#socket.on('error', (error) => {
        reject(error);
        connection.#fail(error);
      });
      connection.#socket.on('close', () => connection.#fail(new Error('The server closed the connection')));
    });
  }

  /** Sends the bytes of a request and waits for the whole answer; one request at a time. */
  send(request) {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(request, 'latin1');
    });
  }

  /** Sends a request whose answer is a stream without end: resolves with its head, then passes its text on piece by piece. */
  listen(request, onText) {
    this.#onText = onText;
    return this.send(request);
  }

  close() {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #fail(error) {
    this.#failure ??= error;
    this.#settle?.reject(this.#failure);
    this.#settle = undefined;
  }

  #take(data) {
    this.#pending = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data]);
    while (this.#pending.length > 0 && this.#read());
  }

  // Each reader takes what it can from what is pending, and says whether it is worth going on.
  #readHead() {
    const end = this.#pending.indexOf(HEAD_END);
    if (end < 0) return false;
    this.#head = this.#pending.latin1Slice(0, end + 2);
    this.#pending = this.#pending.subarray(end + 4);
    const length = LENGTH.exec(this.#head);
    if (length) {
      this.#missing = Number(length[1]);
      if (this.#pending.length >= this.#missing) {
        this.#chunks.push(this.#pending.subarray(0, this.#missing));
        this.#pending = this.#pending.subarray(this.#missing);
        this.#finish();
      } else this.#read = this.#readLength;
    } else if (CHUNKED.test(this.#head)) {
      this.#read = this.#readChunkHead;
      if (this.#onText) this.#deliver(Buffer.alloc(0));
    } else this.#finish();
    return true;
  }

  #readLength() {
    const part = this.#pending.subarray(0, this.#missing);
    this.#pending = this.#pending.subarray(part.length);
    this.#chunks.push(part);
    this.#missing -= part.length;
    if (this.#missing === 0) this.#finish();
    return true;
  }

  #readChunkHead() {
    const end = this.#pending.indexOf('\r\n', 0, 'latin1');
    if (end < 0) return false;
    this.#missing = Number.parseInt(this.#pending.latin1Slice(0, end), 16);
    this.#pending = this.#pending.subarray(end + 2);
    this.#read = this.#missing === 0 ? this.#readEnd : this.#readChunk;
    return true;
  }

  #readChunk() {
    if (this.#missing > 0) {
      const part = this.#pending.subarray(0, this.#missing);
      this.#pending = this.#pending.subarray(part.length);
      this.#missing -= part.length;
      if (this.#onText) this.#onText(part.latin1Slice(0, part.length));
      else this.#chunks.push(part);
    }
    if (this.#missing > 0 || this.#pending.length < 2) return false;
    this.#pending = this.#pending.subarray(2);
    this.#read = this.#readChunkHead;
    return true;
  }

  #readEnd() {
    if (this.#pending.length < 2) return false;
    this.#pending = this.#pending.subarray(2);
    this.#finish();
    return true;
  }

  #finish() {
    this.#read = this.#readHead;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#deliver(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  }

  #deliver(body) {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve(new Answer(this.#head, body));
  }
}
