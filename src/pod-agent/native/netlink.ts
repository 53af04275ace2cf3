import {getSystemErrorName} from 'node:util'
import koffi from 'koffi'

type PollHandle = ReturnType<typeof koffi.node.poll>

const netlinkFamily = 16
const rawCloseOnExecNonBlocking = 3 | 0o2000000 | 0o4000
const routeProtocol = 0
const flags = {dontWait: 0x40, realLength: 0x20}
const largestDatagram = 65_536

/** The queue of the socket ran over: what is known must be asked for again. */
export class NetlinkOverrun extends Error {}

/** Of the network namespace that the calling thread is in when it is made. */
export class NetlinkSocket implements Disposable {
  readonly #libc = declare()
  readonly #buffer = Buffer.alloc(largestDatagram)
  readonly #descriptor: number
  #poll: PollHandle | undefined

  constructor(groups: number) {
    this.#descriptor = check('socket', this.#libc.socket(netlinkFamily, rawCloseOnExecNonBlocking, routeProtocol))
    const address = Buffer.alloc(12)
    address.writeUInt16LE(netlinkFamily, 0)
    address.writeUInt32LE(groups, 8)
    check('bind', this.#libc.bind(this.#descriptor, address, address.length))
  }

  send(message: Uint8Array): void {
    check('send', this.#libc.send(this.#descriptor, message, message.byteLength, 0))
  }

  /** The next datagram, valid until the next call; undefined when there is none now. */
  receive(): Uint8Array | undefined {
    const buffer = this.#buffer
    const length = this.#libc.recv(this.#descriptor, buffer, buffer.length, flags.dontWait | flags.realLength)
    if (length >= 0) {
      if (length > buffer.length) throw new NetlinkOverrun()
      return buffer.subarray(0, length)
    }
    const name = getSystemErrorName(-koffi.errno())
    if (name === 'EAGAIN' || name === 'EINTR') return undefined
    if (name === 'ENOBUFS') throw new NetlinkOverrun()
    throw new Error(`recv on a netlink socket: ${name}`)
  }

  /** Calls `listen` as long as something waits: it must take all of it, and its failure goes to `fail`. */
  onReadable(listen: () => void, fail: (cause: unknown) => void): void {
    this.#poll = koffi.node.poll(this.#descriptor, {readable: true}, () => {
      // An exception that leaves this function stays pending in the loop and spins it.
      try {
        listen()
      } catch (cause) {
        this.#poll?.stop()
        setImmediate(() => fail(cause))
      }
    })
    this.#poll.unref()
  }

  [Symbol.dispose](): void {
    this.#poll?.close()
    this.#poll = undefined
    this.#libc.close(this.#descriptor)
  }
}

function declare() {
  const library = koffi.load(null)
  return {
    socket: library.func('int socket(int domain, int type, int protocol)') as (...each: number[]) => number,
    bind: library.func('int bind(int fd, const void *address, uint32_t length)') as BufferCall,
    send: library.func('int64_t send(int fd, const void *bytes, size_t length, int flags)') as BufferCall,
    recv: library.func('int64_t recv(int fd, void *bytes, size_t length, int flags)') as BufferCall,
    close: library.func('int close(int fd)') as (descriptor: number) => number,
  }
}

type BufferCall = (...each: [descriptor: number, bytes: Uint8Array, length: number, flags?: number]) => number

function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} of a netlink socket: ${getSystemErrorName(-koffi.errno())}`)
  return result
}
