import {describe, expect, test} from 'vitest'
import {readDump, readWholeDump} from '../../src/pod-agent/netlink-dump.ts'
import {linkDump} from '../../src/pod-agent/rtnetlink.ts'

const done = 3
const failed = 2
const interrupted = 0x10

/** As include/uapi/linux/netlink.h has it; `errno` as NLMSG_DONE and NLMSG_ERROR carry it. */
function message(type: number, {errno = 0, flags = 0} = {}): Buffer {
  const bytes = Buffer.alloc(20)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt16LE(type, 4)
  bytes.writeUInt16LE(flags, 6)
  bytes.writeInt32LE(-errno, 16)
  return bytes
}

/** A kernel that answers each request with the next of these, and the last for ever. */
function kernel(...answers: readonly Buffer[]) {
  let asked = 0
  return {send: () => (asked += 1), receive: () => answers[Math.min(asked, answers.length) - 1]}
}

describe('a netlink dump that decides over what is left on a node', () => {
  test('is asked for again while its tables change, and is none when they always do', () => {
    const changing = message(done, {flags: interrupted})
    expect(() => readWholeDump(kernel(changing, changing, message(done)), linkDump)).not.toThrow()
    expect(() => readWholeDump(kernel(changing), linkDump)).toThrow('a netlink dump: EINTR')
    expect(() => readDump(kernel(changing), linkDump)).not.toThrow()
  })

  test('is none where the kernel refuses it, or gives up on the way', () => {
    expect(() => readWholeDump(kernel(message(failed, {errno: 1})), linkDump)).toThrow('a netlink dump: EPERM')
    expect(() => readWholeDump(kernel(message(done, {errno: 12})), linkDump)).toThrow('a netlink dump: ENOMEM')
  })
})
