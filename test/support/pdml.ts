import {execFileSync} from 'node:child_process'

/** A protocol or a field as tshark shows it, with what is within it, in the order of the bytes. */
export interface Shown {
  readonly name: string
  readonly show: string
  /** Hexadecimal. */
  readonly value: string
  readonly children: Shown[]
}

/** Every frame of a capture as tshark dissects it; fragments are taken as they are, not put together. */
export function dissectWhole(capture: string): readonly Shown[] {
  const options = ['ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'tcp.desegment_tcp_streams:FALSE'].flatMap(
    (option) => ['-o', option],
  )
  const text = execFileSync('tshark', ['-n', '-r', capture, ...options, '-T', 'pdml'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 512 << 20,
  })
  return text.split('<packet>').slice(1).map(treeOf) // prettier-ignore
}

function treeOf(xml: string): Shown {
  const root: Shown = {name: 'frame', show: '', value: '', children: []}
  const open = [root]
  for (const [, closing, attributes = '', single] of xml.matchAll(
    /<(\/?)(?:proto|field)\b((?:\s+\w+="[^"]*")*)\s*(\/?)>/g,
  )) {
    if (closing === '/') {
      open.pop()
      continue
    }
    const node = nodeOf(attributes)
    open.at(-1)?.children.push(node)
    if (single !== '/') open.push(node)
  }
  return root
}

function nodeOf(attributes: string): Shown {
  const pairs = [...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(
    ([, name, value]) => [name, unescape(value ?? '')] as const,
  )
  const of = Object.fromEntries(pairs) as Partial<Record<string, string>>
  return {name: of['name'] ?? '', show: of['show'] ?? '', value: of['value'] ?? '', children: []}
}

const entities: Readonly<Record<string, string>> = {lt: '<', gt: '>', quot: '"', apos: "'", amp: '&'}

const unescape = (text: string): string => text.replaceAll(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole)
