import {join} from 'node:path'
import {FlowLine} from '../../src/generated/flow-line.ts'
import {type DirectionTotals, readTotals, type Tally} from '../../src/generated/totals.ts'
import {extensionHeaders, fragmentPositions} from '../../src/generated/words.ts'
import {type FlowOptions, FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {Clock} from '../../src/pod-agent/native/clock.ts'
import {openLibbpf} from '../../src/pod-agent/native/libbpf.ts'
import {openLibc} from '../../src/pod-agent/native/libc.ts'
import {testRun} from '../../src/pod-agent/native/test-run.ts'
import {everything} from '../../src/protocol/settings.ts'

const build = join(import.meta.dirname, '../../build')
export const isRoot = process.getuid?.() === 0
export const libbpf = isRoot ? openLibbpf(join(build, 'libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1')) : undefined
export const libc = openLibc()
export const clock = new Clock(libc)
export const object = (name: string): string => join(build, `bpf/${name}.bpf.o`)

export type ProgramName =
  'on_tc_ingress' | 'on_tc_egress' | 'on_bare_ingress' | 'on_bare_egress' | 'on_xdp' | 'on_bare_xdp'

/** The programs as they are shipped, in this kernel. */
export function loadPrograms(options: Partial<FlowOptions> = {}): FlowPrograms {
  if (libbpf === undefined) throw new Error('needs root')
  return new FlowPrograms({
    libbpf,
    libc,
    clock,
    object: object('flow'),
    filter: {...everything, families: [4, 6]},
    ...options,
  })
}

export interface Sent {
  readonly program?: ProgramName
  readonly repeat?: number
  /** As a GSO packet. */
  readonly gso?: {readonly size: number; readonly segments: number}
}

const skb = {size: 192, gsoSegments: 164, gsoSize: 176}

/** Gives a frame to a program. The interface is loopback's, number 1. */
export function send(
  programs: FlowPrograms,
  frame: Uint8Array,
  {program = 'on_tc_ingress', repeat = 1, gso}: Sent = {},
): number {
  if (libbpf === undefined) throw new Error('needs root')
  const fd = programs.programFd(program)
  if (gso === undefined) return testRun(libbpf, fd, {frame, repeat}).verdict
  const context = new DataView(new ArrayBuffer(skb.size))
  context.setUint32(skb.gsoSegments, gso.segments, true)
  context.setUint32(skb.gsoSize, gso.size, true)
  return testRun(libbpf, fd, {frame, repeat, context: new Uint8Array(context.buffer)}).verdict
}

/** A line as tests like to read it. */
export const describeLine = (line: FlowLine) => ({
  source: Buffer.from(line.source).toString('hex'),
  destination: Buffer.from(line.destination).toString('hex'),
  ports: [line.sourcePort, line.destinationPort] as const,
  protocol: line.protocol,
  family: line.family,
  direction: line.direction,
  interfaceIndex: line.interfaceIndex,
  packets: line.packets,
  bytes: line.bytes,
  tcpFlags: line.tcpFlags,
  headers: extensionHeaders.filter((_, bit) => (line.headers >> bit) & 1),
  fragments: fragmentPositions.filter((_, bit) => (line.fragments >> bit) & 1),
})

export type Flow = ReturnType<typeof describeLine>

export function readLines(piece: Uint8Array): readonly Flow[] {
  const lines = new FlowLine(piece)
  return Array.from({length: lines.count}, (_, index) => describeLine(lines.at(index)))
}

export interface Seen {
  readonly flows: readonly Flow[]
  readonly ingress: DirectionTotals
  readonly egress: DirectionTotals
}

/** What was counted since the last call; the totals are since the load. */
export async function takeAll(programs: FlowPrograms): Promise<Seen> {
  await programs.swap()
  const flows = [...programs.tables.take(1 << 16)].flatMap(readLines)
  const totals = programs.tables.totals()
  return {flows, ...readTotals(new DataView(totals.buffer)).directions}
}

/** Lines of one flow, one from each CPU that saw it, as one. */
export function mergeCpus(lines: readonly Flow[]): readonly Flow[] {
  const key = ({source, destination, ports, protocol, direction, interfaceIndex}: Flow) =>
    JSON.stringify([source, destination, ports, protocol, direction, interfaceIndex])
  return Object.values(Object.groupBy(lines, key)).flatMap((same = []) =>
    same.slice(0, 1).map((first) => ({
      ...first,
      ...sum(same),
      tcpFlags: same.reduce((flags, each) => flags | each.tcpFlags, 0),
      headers: extensionHeaders.filter((header) => same.some(({headers}) => headers.includes(header))),
      fragments: fragmentPositions.filter((position) => same.some(({fragments}) => fragments.includes(position))),
    })),
  )
}

export const sum = (tallies: readonly Tally[]): Tally => ({
  packets: tallies.reduce((total, each) => total + each.packets, 0),
  bytes: tallies.reduce((total, each) => total + each.bytes, 0),
})

/** Everything that `seen` must be equal to. */
export const accountedFor = (totals: DirectionTotals, flows: readonly Tally[]): Tally =>
  sum([totals.otherFamily, totals.rejected, totals.overflow, ...Object.values(totals.undecodable), ...flows])
