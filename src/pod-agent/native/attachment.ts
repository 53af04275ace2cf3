import {check, present} from './failure.ts'
import type {Libbpf, LinkPointer, ProgramPointer} from './libbpf.ts'
import type {Libc} from './libc.ts'
import {linkId} from './ids.ts'
import {Struct} from './words.ts'

export type Direction = 'ingress' | 'egress'
export type XdpMode = 'native' | 'generic'

/** One program on one interface. */
export interface Attachment extends Disposable {
  /** Of the bpf_link; a clsact filter has none. */
  readonly linkId?: number
  detach(): void
}

const attachTypeXdp = 37
const linkOptions = {size: 64, flags: 8}
const xdpFlags = {ifNoExist: 1, generic: 2, native: 4}

class Detachable implements Attachment {
  readonly linkId?: number
  #release: (() => void) | undefined

  constructor(release: () => void, linkId?: number) {
    this.#release = release
    if (linkId !== undefined) this.linkId = linkId
  }

  detach(): void {
    const release = this.#release
    this.#release = undefined
    release?.()
  }

  [Symbol.dispose](): void {
    this.detach()
  }
}

/** After whatever is there. */
export function attachTcx(libbpf: Libbpf, program: ProgramPointer, index: number): Attachment {
  const link: LinkPointer = present('bpf_program__attach_tcx', libbpf.attachTcx(program, index, null))
  return new Detachable(() => void libbpf.destroyLink(link), linkId(libbpf, libbpf.linkFd(link)))
}

/** EBUSY where another program is: an XDP link never replaces one. */
export function attachXdp(
  {libbpf, libc}: {libbpf: Libbpf; libc: Libc},
  program: number,
  {index, mode}: {index: number; mode: XdpMode},
): Attachment {
  const options = new Struct(linkOptions.size)
    .u64(0, linkOptions.size)
    .u32(linkOptions.flags, mode === 'native' ? xdpFlags.native : xdpFlags.generic)
  const fd = check('bpf_link_create', libbpf.attachFd(program, index, attachTypeXdp, options.bytes))
  return new Detachable(() => void libc.close(fd), linkId(libbpf, fd))
}

const hookBytes = 24
const filterOptions = {size: 32, fd: 8, flags: 12, id: 16, handle: 20, priority: 24}
const attachPoint = {ingress: 1, egress: 2}
const both = 3
const exists = -17

export interface ClsactPlace {
  readonly index: number
  readonly direction: Direction
  readonly priority: number
  readonly handle: number
}

const hook = (index: number, point: number): Struct =>
  new Struct(hookBytes).u64(0, hookBytes).u32(8, index).u32(12, point)

const filter = ({priority, handle}: ClsactPlace): Struct =>
  new Struct(filterOptions.size)
    .u64(0, filterOptions.size)
    .u32(filterOptions.handle, handle)
    .u32(filterOptions.priority, priority)

/** Tells whether the qdisc was made, or was there. */
export function makeClsact(libbpf: Libbpf, index: number): boolean {
  const made = libbpf.createHook(hook(index, both).bytes)
  if (made !== exists) check('bpf_tc_hook_create', made)
  return made !== exists
}

/** Whatever filter is there. Tells the errno, negative, if none is. */
export function detachFilter(libbpf: Libbpf, place: ClsactPlace): number {
  return libbpf.detachFilter(hook(place.index, attachPoint[place.direction]).bytes, filter(place).bytes)
}

/** Our own filter beside others; EEXIST where the priority and handle are taken. The qdisc is made if absent and stays: see `removeClsact`. */
export function attachClsact(
  libbpf: Libbpf,
  program: number,
  place: ClsactPlace,
): {attachment: Attachment; madeQdisc: boolean} {
  const madeQdisc = makeClsact(libbpf, place.index)
  const point = hook(place.index, attachPoint[place.direction])
  check('bpf_tc_attach', libbpf.attachFilter(point.bytes, filter(place).u32(filterOptions.fd, program).bytes))
  const attachment = new Detachable(() => void detachFilter(libbpf, place))
  return {attachment, madeQdisc}
}

/** -ENODEV and -ENOENT. */
const noDevice = -19
const noEntry = -2

/** Takes the clsact qdisc away, with every filter on it: only for one that we made and that nobody else uses. */
export function removeClsact(libbpf: Libbpf, index: number): void {
  const result = libbpf.destroyHook(hook(index, both).bytes)
  // An interface that is gone has taken its qdisc along.
  if (result !== noDevice && result !== noEntry) check('bpf_tc_hook_destroy', result)
}
