import {u16, u32, u8} from './bytes.ts'
import {type Extent, shortage} from './extent.ts'
import {extensionNames, isUpperLayer, noNextHeader} from './header-names.ts'
import {jumboProblem, readHeaderOptions} from './header-options.ts'
import type {Extension, ExtensionName, Fragment, Problem} from './packet.ts'
import {readRouting} from './routing.ts'

export interface Chain {
  readonly extensions: readonly Extension[]
  readonly fragment: Fragment | undefined
  /** Undefined where the chain breaks off. */
  readonly protocol: number | undefined
  /** First byte behind the chain. */
  readonly at: number
  /** There is an upper-layer header behind it: not so in a later fragment, and in what ends the chain itself. */
  readonly hasTransport: boolean
  readonly problem: Problem | undefined
}

/** Where the chain stands while it is walked. */
interface Walk {
  readonly extensions: Extension[]
  protocol: number
  at: number
  fragment: Fragment | undefined
}

const noExtensions: readonly Extension[] = []

/** RFC 8200 §4: header by header, however many. Linear in the bytes. */
export function readChain(extent: Extent, first: number, at: number): Chain {
  if (extensionNames[first] === undefined) {
    return {
      extensions: noExtensions,
      fragment: undefined,
      protocol: first,
      at,
      hasTransport: first !== noNextHeader,
      problem: undefined,
    }
  }
  const walk: Walk = {extensions: [], protocol: first, at, fragment: undefined}
  for (;;) {
    const name = extensionNames[walk.protocol]
    if (name === undefined) return ended(walk, walk.protocol !== noNextHeader)
    const extension = readExtension(extent, name, walk)
    if ('reason' in extension) return {...ended(walk, false), protocol: undefined, problem: extension}
    walk.extensions.push(extension)
    if (extension.fragment !== undefined) walk.fragment = extension.fragment
    if (isLast(extension, extent)) return ended(walk, false)
    const next = extension.nextHeader ?? noNextHeader
    if (extension.offset + extension.length > extent.end - extent.start) {
      const problem = shortage(extent, walk.at + extension.length, () => pastEnd(name))
      return {...ended(walk, false), protocol: undefined, problem}
    }
    walk.at += extension.length
    walk.protocol = next
    if (extension.fragment !== undefined && extension.fragment.offset > 0) return ended(walk, false)
  }
}

const ended = ({extensions, fragment, protocol, at}: Walk, hasTransport: boolean): Chain => ({
  extensions,
  fragment,
  protocol,
  at,
  hasTransport,
  problem: undefined,
})

/** ESP hides what follows; of the upper layer itself only Shim6's payload header is followed by anything (RFC 5533 §5.1). */
function isLast({name, offset}: Extension, {bytes, start}: Extent): boolean {
  if (name === 'shim6') return (u8(bytes, start + offset + 2) & 0x80) === 0
  return name === 'esp' || isUpperLayer(name)
}

const pastEnd = (name: ExtensionName): Problem => ({
  reason: 'truncated-chain',
  text: `${name} header goes on behind the end of the packet`,
  reference: 'RFC 8200 §4',
})

function readExtension(extent: Extent, name: ExtensionName, walk: Walk): Extension | Problem {
  const {bytes, start} = extent
  const {at} = walk
  // Every header is at least 8 bytes long.
  if (at + 8 > extent.end) return shortage(extent, at + 8, () => pastEnd(name))
  const offset = at - start
  if (name === 'esp') return {name, offset, length: 8, spi: u32(bytes, at)}
  const nextHeader = u8(bytes, at)
  if (name === 'fragment') return readFragment(extent, at, nextHeader)
  if (name === 'authentication') return readAuthentication(extent, at, nextHeader)
  const length = 8 + 8 * u8(bytes, at + 1)
  const end = Math.min(at + length, extent.end)
  const place = {name, offset, length, nextHeader}
  if (name === 'hop-by-hop' && walk.extensions.length > 0)
    return {...place, ...readHeaderOptions(bytes, at + 2, end), problem: notFirst}
  const {problem, ...contents} = contentsOf(name, bytes, {at, length, end})
  // What is not all there is not judged: the chain itself has the problem.
  if (at + length > end) return {...place, ...contents}
  const found = problem ?? (name === 'hop-by-hop' ? jumboProblem(contents.options, u16(bytes, start + 4)) : undefined)
  return found === undefined ? {...place, ...contents} : {...place, ...contents, problem: found}
}

function contentsOf(
  name: ExtensionName,
  bytes: Uint8Array,
  {at, length, end}: {readonly at: number; readonly length: number; readonly end: number},
): Pick<Extension, 'options' | 'routing' | 'problem'> {
  if (name === 'routing') return readRouting(bytes, at, {length, end})
  return name === 'hop-by-hop' || name === 'destination-options' ? readHeaderOptions(bytes, at + 2, end) : {}
}

const notFirst: Problem = {
  reason: 'hop-by-hop-not-first',
  text: 'hop-by-hop options stand behind another extension header',
  reference: 'RFC 8200 §4.1',
}

/** RFC 8200 §4.5. */
function readFragment(extent: Extent, at: number, nextHeader: number): Extension {
  const {bytes, start, wireEnd} = extent
  const word = u16(bytes, at + 2)
  const [offset, more] = [word & 0xff_f8, (word & 1) !== 0]
  const position = offset === 0 ? (more ? 'first' : 'atomic') : more ? 'later' : 'last'
  const extension = {
    name: 'fragment',
    offset: at - start,
    length: 8,
    nextHeader,
    fragment: {id: u32(bytes, at + 4), offset, more, position},
  } as const
  const data = wireEnd - at - 8
  const problem =
    more && data % 8 !== 0 ? unevenFragment(data) : offset + data > 0xff_ff ? oversizedFragment : undefined
  return problem === undefined ? extension : {...extension, problem}
}

const unevenFragment = (length: number): Problem => ({
  reason: 'fragment-length',
  text: `a fragment that is not the last holds ${length} bytes, which is no multiple of 8`,
  reference: 'RFC 8200 §4.5',
})

const oversizedFragment: Problem = {
  reason: 'fragment-oversize',
  text: 'the fragment ends behind the 65,535 bytes that a packet can have',
  reference: 'RFC 8200 §4.5',
}

/** RFC 4302 §2.2: its length counts in 4 bytes, and the whole is to be a multiple of 8. */
function readAuthentication({bytes, start}: Extent, at: number, nextHeader: number): Extension {
  const length = (u8(bytes, at + 1) + 2) * 4
  const extension = {name: 'authentication', offset: at - start, length, nextHeader, spi: u32(bytes, at + 4)} as const
  if (length % 8 === 0 && length >= 16) return extension
  return {
    ...extension,
    problem: {
      reason: 'authentication-length',
      text: `authentication header of ${length} bytes`,
      reference: 'RFC 4302 §2.2',
    },
  }
}
