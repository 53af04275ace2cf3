import {aside, asideInNetwork} from './aside.ts'
import {check} from './failure.ts'
import {linkId} from './ids.ts'
import type {Libbpf} from './libbpf.ts'
import type {Libc} from './libc.ts'
import {Struct} from './words.ts'

export type Direction = 'ingress' | 'egress'
export type XdpMode = 'native' | 'generic'

/** One program on one interface. */
export interface Attachment extends AsyncDisposable {
  /** Of the bpf_link; a clsact filter has none. */
  readonly linkId?: number
  detach(): Promise<void>
}

interface Native {
  readonly libbpf: Libbpf
  readonly libc: Libc
}

/** include/uapi/linux/bpf.h */
const attachTypes = {ingress: 46, egress: 47, xdp: 37}
const before = 8
const linkOptions = {size: 64, flags: 8}
const xdpFlags = {generic: 2, native: 4}

class Detachable implements Attachment {
  readonly linkId?: number
  #release: (() => Promise<unknown>) | undefined

  constructor(release: () => Promise<unknown>, linkId?: number) {
    this.#release = release
    if (linkId !== undefined) this.linkId = linkId
  }

  async detach(): Promise<void> {
    const release = this.#release
    this.#release = undefined
    await release?.()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.detach()
  }
}

/**
 * Ahead of whatever is there: a program that redirects or passes a packet, as Cilium's do, ends the chain, and what stands behind it sees
 * nothing. Ours lets the next one run.
 */
export function attachTcx(
  native: Native,
  program: number,
  {index, direction}: {index: number; direction: Direction},
): Promise<Attachment> {
  return attachLink(native, program, {index, type: attachTypes[direction], flags: before})
}

/** EBUSY where another program is: an XDP link never replaces one. */
export function attachXdp(
  native: Native,
  program: number,
  {index, mode}: {index: number; mode: XdpMode},
): Promise<Attachment> {
  return attachLink(native, program, {index, type: attachTypes.xdp, flags: xdpFlags[mode]})
}

async function attachLink(
  {libbpf, libc}: Native,
  program: number,
  {index, type, flags}: {index: number; type: number; flags: number},
): Promise<Attachment> {
  const options = new Struct(linkOptions.size).u64(0, linkOptions.size).u32(linkOptions.flags, flags)
  const fd = check('bpf_link_create', await asideInNetwork(libbpf.attachFd, program, index, type, options.bytes))
  return new Detachable(() => aside(libc.close, fd), linkId(libbpf, fd))
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
export async function makeClsact(libbpf: Libbpf, index: number): Promise<boolean> {
  const made = await asideInNetwork(libbpf.createHook, hook(index, both).bytes)
  if (made !== exists) check('bpf_tc_hook_create', made)
  return made !== exists
}

/** Whatever filter is there. Tells the errno, negative, if none is. */
export function detachFilter(libbpf: Libbpf, place: ClsactPlace): Promise<number> {
  const point = hook(place.index, attachPoint[place.direction])
  return asideInNetwork(libbpf.detachFilter, point.bytes, filter(place).bytes)
}

/** Our own filter beside others; EEXIST where the priority and handle are taken. The qdisc is made if absent and stays: see `removeClsact`. */
export async function attachClsact(
  libbpf: Libbpf,
  program: number,
  place: ClsactPlace,
): Promise<{attachment: Attachment; madeQdisc: boolean}> {
  const madeQdisc = await makeClsact(libbpf, place.index)
  const point = hook(place.index, attachPoint[place.direction])
  const options = filter(place).u32(filterOptions.fd, program)
  check('bpf_tc_attach', await asideInNetwork(libbpf.attachFilter, point.bytes, options.bytes))
  return {attachment: new Detachable(() => detachFilter(libbpf, place)), madeQdisc}
}

/** -ENODEV and -ENOENT. */
const noDevice = -19
const noEntry = -2

/** Takes the clsact qdisc away, with every filter on it: only for one that we made and that nobody else uses. */
export async function removeClsact(libbpf: Libbpf, index: number): Promise<void> {
  const result = await asideInNetwork(libbpf.destroyHook, hook(index, both).bytes)
  // An interface that is gone has taken its qdisc along.
  if (result !== noDevice && result !== noEntry) check('bpf_tc_hook_destroy', result)
}
