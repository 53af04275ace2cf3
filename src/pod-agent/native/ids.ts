import {check, checkErrno, NativeError} from './failure.ts'
import type {Libbpf} from './libbpf.ts'
import type {Libc} from './libc.ts'
import {Struct} from './words.ts'

export type Kind = 'program' | 'map' | 'link'

/** The id is the second word of bpf_prog_info, bpf_map_info and bpf_link_info alike. */
function idOf(libbpf: Libbpf, fd: number): number {
  const info = new Struct(256)
  check('bpf_obj_get_info_by_fd', libbpf.infoByFd(fd, info.bytes, new Struct(4).u32(0, 256).bytes))
  return info.read(4)
}

/** How often a program was due while it ran already on that CPU, and was left out: bpf_prog_info.recursion_misses, of Linux 5.12. */
export function recursionMisses(libbpf: Libbpf, fd: number): number {
  const info = new Struct(256)
  check('bpf_obj_get_info_by_fd', libbpf.infoByFd(fd, info.bytes, new Struct(4).u32(0, 256).bytes))
  return Number(info.view.getBigUint64(208, true))
}

export const programId = idOf
export const mapId = idOf
export const linkId = idOf

/** Whether the kernel still has it. Throws EPERM without CAP_SYS_ADMIN. */
export function exists({libbpf, libc}: {libbpf: Libbpf; libc: Libc}, kind: Kind, id: number): boolean {
  const open = {program: libbpf.programById, map: libbpf.mapById, link: libbpf.linkById}[kind]
  const fd = open(id)
  if (fd === -2) return false
  check(`bpf_${kind}_get_fd_by_id`, fd)
  checkErrno('close', libc.close(fd))
  return true
}

const tcxTypes = {ingress: 46, egress: 47}
const queryOptions = {size: 64, ids: 16, count: 24}
const mostPrograms = 64
/** -ENOENT: nothing is there; -ENODEV: the interface is gone; -EINVAL: a kernel without TCX. */
const hasNone: readonly number[] = [-2, -19, -22]

/** Ids of the programs on a TCX hook, in their order. Needs no more than CAP_NET_ADMIN. */
export function tcxPrograms(libbpf: Libbpf, index: number, direction: 'ingress' | 'egress'): readonly number[] {
  const ids = new Struct(4 * mostPrograms)
  const options = new Struct(queryOptions.size)
    .u64(0, queryOptions.size)
    .pointer(queryOptions.ids, ids.bytes)
    .u32(queryOptions.count, mostPrograms)
  const result = libbpf.query(index, tcxTypes[direction], options.bytes)
  if (hasNone.includes(result)) return []
  check('bpf_prog_query', result)
  return Array.from({length: options.read(queryOptions.count)}, (_, each) => ids.read(4 * each))
}

/** Id of the XDP program of an interface, whoever attached it; 0 for none. */
export function xdpProgram(libbpf: Libbpf, index: number): number {
  const id = new Struct(4)
  const result = libbpf.queryXdp(index, 0, id.bytes)
  if (result < 0) throw new NativeError('bpf_xdp_query_id', -result)
  return id.read(0)
}
