import type {Direction} from '../protocol/settings.ts'
import type {Attachment} from './native/attachment.ts'
import {check} from './native/failure.ts'
import {linkId} from './native/ids.ts'
import type {Libbpf} from './native/libbpf.ts'
import type {Libc} from './native/libc.ts'
import {Struct} from './native/words.ts'

/** include/uapi/linux/bpf.h */
const attachTypes = {ingress: 46, egress: 47}
const before = 8
/** struct bpf_link_create_opts of libbpf 1.x. */
const linkOptions = {size: 64, flags: 8}

/**
 * Ahead of whatever is there: a program that redirects or passes a packet, as Cilium's do, ends the chain, and what stands behind it sees
 * nothing. Ours lets the next one run.
 */
export function attachTcxFirst(
  {libbpf, libc}: {libbpf: Libbpf; libc: Libc},
  program: number,
  {index, direction}: {index: number; direction: Direction},
): Attachment {
  const options = new Struct(linkOptions.size).u64(0, linkOptions.size).u32(linkOptions.flags, before)
  const fd = check('bpf_link_create', libbpf.attachFd(program, index, attachTypes[direction], options.bytes))
  let isAttached = true
  const detach = (): void => {
    if (isAttached) libc.close(fd)
    isAttached = false
  }
  return {linkId: linkId(libbpf, fd), detach, [Symbol.dispose]: detach}
}
