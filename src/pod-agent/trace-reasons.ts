import {readFileSync} from 'node:fs'

/** Documentation/bpf/btf.rst: bytes that follow the 12 of each type, by its kind. */
const fixed: Readonly<Record<number, number>> = {1: 4, 3: 12, 14: 4, 17: 4}
const each: Readonly<Record<number, number>> = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
const kindEnum = 6

/** Names of the values of an enum, as this kernel has it, without the prefix; empty where it has none. */
export function enumNames(
  name: string,
  {prefix, path = '/sys/kernel/btf/vmlinux'}: {readonly prefix: string; readonly path?: string},
): ReadonlyMap<number, string> {
  const bytes = readFileSync(path)
  const header = bytes.readUInt32LE(4)
  const types = header + bytes.readUInt32LE(8)
  const end = types + bytes.readUInt32LE(12)
  const strings = header + bytes.readUInt32LE(16)
  const text = (offset: number): string =>
    bytes.toString('latin1', strings + offset, bytes.indexOf(0, strings + offset))
  const wanted = bytes.indexOf(`\0${name}\0`, strings, 'latin1') + 1 - strings
  for (let at = types; at < end;) {
    const word = bytes.readUInt32LE(at + 4)
    const kind = (word >>> 24) & 0x1f
    const length = word & 0xffff
    const members = at + 12
    if (kind === kindEnum && bytes.readUInt32LE(at) === wanted) {
      const values = Array.from({length}, (_, index) => members + 8 * index)
      return new Map(
        values.map((value) => [bytes.readInt32LE(value + 4), text(bytes.readUInt32LE(value)).replace(prefix, '')]),
      )
    }
    at = members + (fixed[kind] ?? 0) + (each[kind] ?? 0) * length
  }
  return new Map()
}
