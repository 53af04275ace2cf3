import koffi from 'koffi'
import {checkErrno, NativeError} from './failure.ts'

/** include/uapi/asm-generic/socket.h and linux/in6.h; x86-64 and arm64 share them. */
const families = {4: 2, 6: 10}
const types = {tcp: 1, udp: 2}
const closeOnExec = 0o2000000
const nonBlocking = 0o4000
const internetLevel = 0
const socketLevel = 1
const ipv6Level = 41
const pollIn = 1

export const options = {
  reuseaddr: [socketLevel, 2],
  reuseport: [socketLevel, 15],
  v6only: [ipv6Level, 26],
  /** Binds an address that is not there, of IPv6 too. */
  freebind: [internetLevel, 15],
} as const

export type SocketOption = keyof typeof options

export interface SocketAddress {
  /** 16 bytes; of IPv4 the last four count. */
  readonly bytes: Uint8Array
  readonly family: 4 | 6
  readonly port: number
  /** Index of the interface of a link-local address. */
  readonly scope?: number
}

/** A socket with every option open before bind, which Node's own are not. In the network namespace of the calling thread. */
export class RawSocket implements Disposable {
  readonly fd: number
  readonly #calls: SocketCalls

  constructor(calls: SocketCalls, {family, protocol}: {readonly family: 4 | 6; readonly protocol: 'tcp' | 'udp'}) {
    this.#calls = calls
    this.fd = checkErrno('socket', calls.socket(families[family], types[protocol] | closeOnExec | nonBlocking, 0))
  }

  set(option: SocketOption, value: boolean): void {
    const [level, name] = options[option]
    const word = Buffer.alloc(4)
    word.writeInt32LE(value ? 1 : 0)
    checkErrno(`setsockopt ${option}`, this.#calls.setsockopt(this.fd, level, name, word, 4))
  }

  /** `ok`, or errno's name. */
  bind(address: SocketAddress): string {
    const bytes = writeAddress(address)
    return outcome('bind', () => this.#calls.bind(this.fd, bytes, bytes.length))
  }

  listen(): string {
    return outcome('listen', () => this.#calls.listen(this.fd, 8))
  }

  /** Of a socket that is bound already, `ok` means begun: it does not wait for the other end. */
  connect(address: SocketAddress): string {
    const bytes = writeAddress(address)
    const begun = outcome('connect', () => this.#calls.connect(this.fd, bytes, bytes.length))
    return begun === 'EINPROGRESS' ? 'ok' : begun
  }

  send(bytes: Uint8Array, address: SocketAddress): string {
    const to = writeAddress(address)
    return outcome('sendto', () => this.#calls.sendto(this.fd, bytes, bytes.length, 0, to, to.length))
  }

  /** The next datagram and where it came from; undefined when none comes within the time. */
  receive(withinMs: number): {readonly bytes: Uint8Array; readonly from: SocketAddress} | undefined {
    if (!this.#waits(withinMs)) return undefined
    const [bytes, from, length] = [Buffer.alloc(2048), Buffer.alloc(28), new Uint32Array([28])]
    const size = this.#calls.recvfrom(this.fd, bytes, bytes.length, 0, from, length)
    return size < 0 ? undefined : {bytes: bytes.subarray(0, size), from: readAddress(from)}
  }

  /** Takes one connection and hangs up; who it was, undefined when none comes within the time. */
  acceptOnce(withinMs: number): SocketAddress | undefined {
    if (!this.#waits(withinMs)) return undefined
    const [from, length] = [Buffer.alloc(28), new Uint32Array([28])]
    const fd = this.#calls.accept4(this.fd, from, length, closeOnExec)
    if (fd < 0) return undefined
    this.#calls.close(fd)
    return readAddress(from)
  }

  /** struct pollfd: something can be read, or accepted. */
  #waits(withinMs: number): boolean {
    const wanted = Buffer.alloc(8)
    wanted.writeInt32LE(this.fd, 0)
    wanted.writeInt16LE(pollIn, 4)
    return this.#calls.poll(wanted, 1, withinMs) > 0 && (wanted.readInt16LE(6) & pollIn) !== 0
  }

  [Symbol.dispose](): void {
    this.#calls.close(this.fd)
  }
}

/** Seen once in a recv(2): an errno from something that ran between the call and the look. The second attempt tells. */
const plausible = new Set([
  'EINPROGRESS',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EACCES',
  'EINVAL',
  'EPERM',
  'ENODEV',
  'EAFNOSUPPORT',
])

function outcome(what: string, call: () => number): string {
  for (let attempt = 1; ; attempt++) {
    if (call() >= 0) return 'ok'
    const {code} = new NativeError(what, koffi.errno())
    if (plausible.has(code) || attempt === 2) return code
  }
}

/** struct sockaddr_in or sockaddr_in6. */
function writeAddress({bytes, family, port, scope = 0}: SocketAddress): Buffer {
  const written = Buffer.alloc(family === 4 ? 16 : 28)
  written.writeUInt16LE(families[family], 0)
  written.writeUInt16BE(port, 2)
  if (family === 4) {
    written.set(bytes.subarray(12), 4)
  } else {
    written.set(bytes, 8)
    written.writeUInt32LE(scope, 24)
  }
  return written
}

function readAddress(bytes: Buffer): SocketAddress {
  const port = bytes.readUInt16BE(2)
  if (bytes.readUInt16LE(0) === families[6]) {
    return {bytes: bytes.subarray(8, 24), family: 6, port, scope: bytes.readUInt32LE(24)}
  }
  return {bytes: Buffer.concat([Buffer.alloc(12), bytes.subarray(4, 8)]), family: 4, port}
}

type WithBytes = (fd: number, bytes: Uint8Array, length: number) => number

export interface SocketCalls {
  readonly socket: (family: number, type: number, protocol: number) => number
  readonly setsockopt: (...each: [fd: number, level: number, name: number, value: Uint8Array, length: number]) => number
  readonly bind: WithBytes
  readonly listen: (fd: number, backlog: number) => number
  readonly connect: WithBytes
  readonly sendto: (
    ...each: [fd: number, bytes: Uint8Array, length: number, flags: number, to: Uint8Array, toLength: number]
  ) => number
  readonly recvfrom: (
    ...each: [fd: number, bytes: Uint8Array, length: number, flags: number, from: Uint8Array, fromLength: Uint32Array]
  ) => number
  readonly accept4: (fd: number, from: Uint8Array, ...rest: [length: Uint32Array, flags: number]) => number
  readonly poll: (descriptors: Uint8Array, count: number, timeoutMs: number) => number
  readonly close: (fd: number) => number
}

const prototypes: Readonly<Record<keyof SocketCalls, string>> = {
  socket: 'int socket(int family, int type, int protocol)',
  setsockopt: 'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
  bind: 'int bind(int fd, const void *address, uint32_t length)',
  listen: 'int listen(int fd, int backlog)',
  connect: 'int connect(int fd, const void *address, uint32_t length)',
  sendto: 'int64_t sendto(int fd, const void *bytes, size_t length, int flags, const void *to, uint32_t to_length)',
  recvfrom:
    'int64_t recvfrom(int fd, void *bytes, size_t length, int flags, void *from, _Inout_ uint32_t *from_length)',
  accept4: 'int accept4(int fd, void *from, _Inout_ uint32_t *length, int flags)',
  poll: 'int poll(void *descriptors, uint64_t count, int timeout)',
  close: 'int close(int fd)',
}

export function openSocketCalls(): SocketCalls {
  const library = koffi.load(null)
  const bound = Object.entries(prototypes).map(([name, prototype]) => [name, library.func(prototype)])
  return Object.fromEntries(bound) as SocketCalls // each prototype above has its type in SocketCalls
}
