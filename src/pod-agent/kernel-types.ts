import {closeSync, openSync, readSync} from 'node:fs'

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
