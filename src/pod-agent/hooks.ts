import type {HookKind} from '../protocol/message.ts'
import type {Direction, HookChoice} from '../protocol/settings.ts'
import type {FlowPrograms} from './flow-programs.ts'
import type {XdpMode} from './native/attachment.ts'
import {NativeError} from './native/failure.ts'
import type {ClsactFilters, Hooked} from './clsact.ts'
import {observer, type Observer, xdpObserver} from './program-set.ts'
import type {Link} from './rtnetlink.ts'

/** The reason why an interface is left alone. */
export class HookRefusal extends Error {}

export interface HookTools {
  readonly programs: FlowPrograms
  readonly choice: HookChoice
  readonly clsact: ClsactFilters
  /** Id of the XDP program on an interface, 0 for none. */
  readonly xdpProgram: (index: number) => number
}

/** What `attachHook` needs for both directions. */
export function observersOf(choice: HookChoice, {isBare}: Link): readonly Observer[] {
  return [choice.startsWith('xdp') ? xdpObserver(isBare) : observer('ingress', isBare), observer('egress', isBare)]
}

/** Puts the programs on one direction of an interface, beside whatever is there. */
export async function attachHook(tools: HookTools, link: Link, direction: Direction): Promise<Hooked> {
  const {choice} = tools
  if (choice === 'clsact') return tools.clsact.attach(link, direction, 'asked for')
  const isXdp = choice.startsWith('xdp')
  if (isXdp && direction === 'ingress') return attachXdp(tools, link, choice === 'xdp-generic' ? 'generic' : 'native')
  if (choice === 'tcx') return attachTcx(tools, link, {direction, why: 'asked for'})
  return attachTcxOrClsact(tools, link, direction)
}

async function attachTcxOrClsact(tools: HookTools, link: Link, direction: Direction): Promise<Hooked> {
  const why = tools.choice === 'auto' ? 'default' : 'XDP has no egress'
  try {
    return await attachTcx(tools, link, {direction, why})
  } catch (cause) {
    if (!(cause instanceof NativeError) || cause.code === 'ENODEV' || cause.code === 'EPERM') throw cause
    return tools.clsact.attach(link, direction, `the kernel refused TCX (${cause.code})`)
  }
}

async function attachTcx(
  {programs}: HookTools,
  {index, isBare}: Link,
  {direction, why}: {direction: Direction; why: string},
): Promise<Hooked> {
  const attachment = await programs.attachTcx({index, direction, bare: isBare})
  return {attachment, report: {direction, hook: 'tcx', why}}
}

async function attachXdp({programs, xdpProgram}: HookTools, link: Link, mode: XdpMode): Promise<Hooked> {
  // Measured: the pod behind it keeps a third of its TCP throughput.
  if (mode === 'native' && link.kind === 'veth') {
    throw new HookRefusal(
      "native XDP on a veth turns its peer's TSO off and fails at MTU 9000; use --hook xdp-generic or tcx",
    )
  }
  const other = xdpProgram(link.index)
  if (other !== 0) throw new HookRefusal(`XDP program ${other} is attached and is left alone; use --hook tcx`)
  const hook: HookKind = mode === 'native' ? 'xdp-native' : 'xdp-generic'
  try {
    const attachment = await programs.attachXdp({index: link.index, bare: link.isBare, mode})
    return {attachment, report: {direction: 'ingress', hook, why: 'asked for'}}
  } catch (cause) {
    throw refusalOf(cause, link, mode)
  }
}

function refusalOf(cause: unknown, link: Link, mode: XdpMode): unknown {
  if (!(cause instanceof NativeError)) return cause
  if (cause.code === 'EBUSY' || cause.code === 'EEXIST') {
    return new HookRefusal('another XDP program is attached and is left alone; use --hook tcx')
  }
  if (mode === 'native' && (cause.code === 'ENOTSUP' || cause.code === 'ENOTSUPP')) {
    return new HookRefusal(`a device of kind ${link.kind} has no native XDP; use --hook xdp-generic`)
  }
  return cause
}
