import {closeSync, openSync, readSync} from 'node:fs'
import {noKernelTypes} from '../errors.ts'
import type {Feeds} from '../protocol/settings.ts'

export const kernelTypesPath = '/sys/kernel/btf/vmlinux'
/** BTF_MAGIC of include/uapi/linux/btf.h, as a little-endian machine writes it. */
const magic = [0x9f, 0xeb]

/** Whether the kernel says how its structures lie in memory. */
export function tellsKernelTypes(path = kernelTypesPath): boolean {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException // what node:fs throws
    if (['ENOENT', 'EACCES', 'EPERM'].includes(code)) return false
    throw cause
  }
  try {
    const start = Buffer.alloc(magic.length)
    readSync(file, start)
    return magic.every((byte, at) => start[at] === byte)
  } finally {
    closeSync(file)
  }
}

/** The feeds that a kernel can give, and a warning of what is missing where it does not tell its types. Throws where nothing would be left. */
export function feedsOf(
  feeds: Feeds,
  path = kernelTypesPath,
): {readonly feeds: Feeds; readonly warnings: readonly string[]} {
  const {neighbours, retransmissions, drops} = feeds
  if ((!neighbours && !retransmissions && drops === false) || tellsKernelTypes(path)) return {feeds, warnings: []}
  if (drops === true) throw noKernelTypes(path, undefined)
  const missing = `This kernel does not tell its types (${path}): changes of the neighbour table, retransmissions and dropped packets are not seen.`
  return {feeds: {...feeds, neighbours: false, retransmissions: false, drops: false}, warnings: [missing]}
}
