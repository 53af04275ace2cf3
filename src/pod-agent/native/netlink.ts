import koffi from 'koffi'
import {checkErrno, NativeError} from './failure.ts'

type PollHandle = ReturnType<typeof koffi.node.poll>
type PollListener = Parameters<PollHandle['start']>[0]

const netlinkFamily = 16
const rawCloseOnExecNonBlocking = 3 | 0o2000000 | 0o4000
const routeProtocol = 0
/** NETLINK_SOCK_DIAG: what sockets there are. */
export const socketDiagnosis = 4
const flags = {dontWait: 0x40, realLength: 0x20}
const readable = {readable: true}
const largestDatagram = 65_536

/** The queue of the socket ran over: what is known must be asked for again. */
export class NetlinkOverrun extends Error {}

/** Of the network namespace that the calling thread is in when it is made. */
export class NetlinkSocket implements Disposable {
  readonly #libc = bindSockets()
  readonly #buffer = Buffer.alloc(largestDatagram)
  #fd: number
  #poll: PollHandle | undefined

  constructor(groups: number, protocol = routeProtocol) {
    this.#fd = checkErrno('socket', this.#libc.socket(netlinkFamily, rawCloseOnExecNonBlocking, protocol))
    const address = Buffer.alloc(12)
    address.writeUInt16LE(netlinkFamily, 0)
    address.writeUInt32LE(groups, 8)
    checkErrno('bind of a netlink socket', this.#libc.bind(this.#fd, address, address.length))
  }

  send(message: Uint8Array): void {
    checkErrno('send to a netlink socket', this.#libc.send(this.#fd, message, message.byteLength, 0))
  }

  /** The next datagram, valid until the next call; undefined when there is none now. */
  receive(): Uint8Array | undefined {
    const first = this.#attempt()
    // Seen once: an errno that recv(2) does not have, from something that ran between the call and the look. The next call tells.
    const result = first instanceof NativeError ? this.#attempt() : first
    if (result instanceof NativeError) throw result
    return result
  }

  #attempt(): Uint8Array | NativeError | undefined {
    const buffer = this.#buffer
    const length = this.#libc.recv(this.#fd, buffer, buffer.length, flags.dontWait | flags.realLength)
    if (length > buffer.length) throw new NetlinkOverrun()
    if (length >= 0) return buffer.subarray(0, length)
    const failure = new NativeError('recv from a netlink socket', koffi.errno())
    if (failure.code === 'EAGAIN' || failure.code === 'EINTR') return undefined
    if (failure.code === 'ENOBUFS') throw new NetlinkOverrun()
    return failure
  }

  /** Throws away what waits: after an overrun it is older than what was lost. */
  discard(): void {
    for (;;) {
      try {
        if (this.receive() === undefined) return
      } catch (cause) {
        if (!(cause instanceof NetlinkOverrun)) throw cause
      }
    }
  }

  /** Calls `listen` as long as something waits: it must take all of it, and its failure goes to `fail`. */
  onReadable(listen: () => void, fail: (cause: unknown) => void): void {
    const wake = (status: number): void => {
      // An exception that leaves this function stays pending in the loop and spins it.
      try {
        listen()
        // libuv stops a poll on POLLERR, which an overrun of the queue raises (uv__poll_io, src/unix/poll.c).
        if (status < 0) this.#poll?.start(readable, listener)
      } catch (cause) {
        this.#poll?.stop()
        setImmediate(() => fail(cause))
      }
    }
    const listener = wake as unknown as PollListener // koffi's declaration leaves the status out
    this.#poll = koffi.node.poll(this.#fd, readable, listener)
    this.#poll.unref()
  }

  [Symbol.dispose](): void {
    this.#poll?.close()
    this.#poll = undefined
    // Its number may be another's by now: closed once.
    if (this.#fd >= 0) this.#libc.close(this.#fd)
    this.#fd = -1
  }
}

type BufferCall = (...each: [fd: number, bytes: Uint8Array, length: number, flags?: number]) => number

function bindSockets() {
  const library = koffi.load(null)
  return {
    socket: library.func('int socket(int domain, int type, int protocol)') as (...each: number[]) => number,
    bind: library.func('int bind(int fd, const void *address, uint32_t length)') as BufferCall,
    send: library.func('int64_t send(int fd, const void *bytes, size_t length, int flags)') as BufferCall,
    recv: library.func('int64_t recv(int fd, void *bytes, size_t length, int flags)') as BufferCall,
    close: library.func('int close(int fd)') as (fd: number) => number,
  }
}
