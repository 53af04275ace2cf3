import koffi from 'koffi'
import type {Actor} from '../../protocol/binding.ts'
import {checkErrno} from './failure.ts'
import {Struct} from './words.ts'

/** _LINUX_CAPABILITY_VERSION_3: two times effective, permitted, inheritable. */
const version = 0x20080522
const setBytes = 24
const bindService = 1 << 10

/**
 * Runs `look` as another user would: sockets belong to the uid, and low ports are refused where they are to him. Only the calling thread
 * changes, so `look` must not wait for anything.
 */
export function actingAs<Seen>({uid, mayBindLowPorts}: Actor, look: () => Seen): Seen {
  const library = koffi.load(null)
  // sock_alloc gives a socket the fsuid; glibc changes that of the calling thread only.
  const setfsuid = library.func('int setfsuid(uint32_t uid)') as (uid: number) => number
  const capget = library.func('int capget(void *header, void *sets)') as Capabilities
  const capset = library.func('int capset(void *header, const void *sets)') as Capabilities
  const header = new Struct(8).u32(0, version).bytes
  const sets = new Struct(setBytes)
  checkErrno('capget', capget(header, sets.bytes))
  const own = Buffer.from(sets.bytes)
  const home = setfsuid(uid)
  try {
    if (!mayBindLowPorts) checkErrno('capset', capset(header, without(own)))
    return look()
  } finally {
    setfsuid(home)
    checkErrno('capset', capset(header, own))
  }
}

function without(own: Buffer): Buffer {
  const less = Buffer.from(own)
  less.writeUInt32LE((own.readUInt32LE(0) & ~bindService) >>> 0, 0)
  return less
}

type Capabilities = (header: Uint8Array, sets: Uint8Array) => number
