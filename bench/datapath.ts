import {join} from 'node:path'
import {FlowPrograms} from '../src/pod-agent/flow-programs.ts'
import {Clock} from '../src/pod-agent/native/clock.ts'
import {type Libbpf, openLibbpf} from '../src/pod-agent/native/libbpf.ts'
import {openLibc} from '../src/pod-agent/native/libc.ts'
import {testRun} from '../src/pod-agent/native/test-run.ts'
import {everything, type Feeds, noFeeds} from '../src/protocol/settings.ts'
import {ethernet, extension, fragment, icmpv6, ipv4, ipv6, tcp, udp} from '../test/support/packets.ts'
import {measureDrain} from './datapath-drain.ts'
import type {BenchRow} from './row.ts'
import {Driver, sendFrom} from './sender.ts'

const build = join(import.meta.dirname, '../build')
const library = join(build, 'libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1')
const rounds = 200
/** Short, so that some are undisturbed. */
const repeat = 2000
const warmUp = 200
/** Of what waits for the kernel before each round. */
const slowRounds = 41
/** Of an XDP program BPF_PROG_TEST_RUN waits 20 ms at each call for its dispatcher: more packets, fewer calls. */
const xdpRepeat = 100_000

export interface Bench {
  readonly libbpf: Libbpf
  readonly clock: Clock
  readonly load: (options?: {readonly lines?: number; readonly feeds?: Feeds}) => FlowPrograms
  readonly drive: (mask: number) => Driver
}

interface Case {
  readonly name: string
  readonly target?: {readonly atMost: number}
  readonly note?: string
  readonly measure: () => Promise<Pair> | Pair
}

/** One round: ns a packet through ours, and through an empty program of the same type just before. */
interface Pair {
  readonly ours: number
  readonly empty: number
}

const options = (next: Parameters<typeof extension>[1], headers: number): Parameters<typeof extension>[1] =>
  headers === 0 ? next : extension(60, options(next, headers - 1))

const frames = {
  tcp: ethernet(ipv6(tcp())),
  large: ethernet(ipv6(udp({payload: 1352}))),
  chain: ethernet(ipv6(extension(0, extension(60, tcp())))),
  longChain: ethernet(ipv6(options(tcp(), 8))),
  fragment: ethernet(ipv6(fragment(tcp(), {more: true}))),
  solicitation: ethernet(ipv6(icmpv6({type: 135, payload: 28}))),
  ipv4: ethernet(ipv4(tcp())),
}

/** CPU time of this thread a packet, ns: what a neighbour takes does not count. */
function timePacket(
  {libbpf, clock}: Bench,
  program: number,
  {frame, times}: {frame: Uint8Array; times: number},
): number {
  // A known flow in a warm cache: what the case before left behind is not its cost.
  testRun(libbpf, program, {frame, repeat: warmUp})
  const begin = clock.threadCpuNs()
  testRun(libbpf, program, {frame, repeat: times})
  return Number(clock.threadCpuNs() - begin) / times
}

function hits(bench: Bench, programs: FlowPrograms, empty: Driver): readonly Case[] {
  const net = (frame: Uint8Array) => () => {
    const baseline = timePacket(bench, empty.nothing.tc, {frame, times: repeat})
    return {empty: baseline, ours: timePacket(bench, programs.programFd('on_tc_ingress'), {frame, times: repeat})}
  }
  return [
    {name: 'IPv6 TCP, known flow', target: {atMost: 25}, measure: net(frames.tcp)},
    {name: 'IPv6 UDP of 1,400 bytes, known flow', measure: net(frames.large)},
    {name: 'hop-by-hop + destination options + TCP', target: {atMost: 40}, measure: net(frames.chain)},
    {name: '8 extension headers + TCP', measure: net(frames.longChain)},
    {name: 'first fragment', measure: net(frames.fragment)},
    {name: 'neighbour solicitation', measure: net(frames.solicitation)},
    {name: 'IPv4 that nobody asked for', measure: net(frames.ipv4)},
  ]
}

function xdpHits(bench: Bench, programs: FlowPrograms, empty: Driver): readonly Case[] {
  const net = (frame: Uint8Array) => () => {
    const baseline = timePacket(bench, empty.nothing.xdp, {frame, times: xdpRepeat})
    return {empty: baseline, ours: timePacket(bench, programs.programFd('on_xdp'), {frame, times: xdpRepeat})}
  }
  return [
    {name: 'IPv6 TCP, known flow, XDP', measure: net(frames.tcp)},
    {name: 'hop-by-hop + destination options + TCP, XDP', measure: net(frames.chain)},
  ]
}

/** A budget that never ends, and one that is over at once. The ring is emptied after each round. */
function copies(bench: Bench, {copied, over}: Record<'copied' | 'over', FlowPrograms>, empty: Driver): readonly Case[] {
  const times = repeat
  const net = (programs: FlowPrograms, frame: Uint8Array) => () => {
    const baseline = timePacket(bench, empty.nothing.tc, {frame, times})
    const ours = timePacket(bench, programs.programFd('on_tc_ingress'), {frame, times})
    programs.copies?.take()
    return {empty: baseline, ours}
  }
  return [
    {name: 'NS copied', target: {atMost: 120}, measure: net(copied, frames.solicitation)},
    {name: 'NS over budget', target: {atMost: 120}, measure: net(over, frames.solicitation)},
    {name: 'IPv6 TCP, known flow, while NS are copied', target: {atMost: 25}, measure: net(copied, frames.tcp)},
  ]
}

function manyFlows(bench: Bench, programs: FlowPrograms, empty: Driver): readonly Case[] {
  const net = (mask: number, times: number) => {
    const driver = bench.drive(mask)
    return async () => {
      await programs.swap()
      Array.from(programs.tables.take(1 << 20))
      const through = (program: number, packets: number) => {
        driver.aim(program)
        return timePacket(bench, driver.fd, {frame: frames.tcp, times: packets})
      }
      const baseline = through(empty.nothing.tc, times)
      // All flows are known before the clock runs, unless each packet is to be a new one.
      if (mask !== 0xffff_ffff) through(programs.programFd('on_tc_ingress'), 4 * (mask + 1))
      return {empty: baseline, ours: through(programs.programFd('on_tc_ingress'), times)}
    }
  }
  return [
    {name: 'a new flow with every packet', target: {atMost: 100}, measure: net(0xffff_ffff, 6000), note: '6,000 flows'},
    {name: '1,024 flows at random', measure: net(1023, repeat)},
    {name: '65,536 flows at random', measure: net(65_535, repeat), note: 'table of 8,192 lines: most are spilled'},
  ]
}

/** One thread on each of two CPUs, side by side. */
async function twoCpus(programs: FlowPrograms, empty: Driver): Promise<BenchRow> {
  const task = {
    library,
    frame: frames.tcp,
    repeat,
    rounds,
    programs: [empty.nothing.tc, programs.programFd('on_tc_ingress')],
    arrived: new SharedArrayBuffer(4),
    threads: 2,
  }
  const both = await Promise.all([0, 1].map((cpu) => sendFrom({...task, cpu})))
  const [baseline, ours] = [0, 1].map((program) => both.flatMap((rows) => rows[program] ?? []))
  return {
    name: 'two CPUs on one flow',
    value: undisturbed(ours) - undisturbed(baseline),
    unit: 'ns/packet',
    target: {atMost: 26},
    note: spread(ours, baseline),
  }
}

/** Rounds of all cases, one after the other, so that a neighbour disturbs all alike. */
async function measureAll(cases: readonly Case[], times: number): Promise<readonly BenchRow[]> {
  const taken = cases.map((): Pair[] => [])
  for (let round = 0; round < times; round++) {
    for (const [index, {measure}] of cases.entries()) taken[index]?.push(await measure())
  }
  return cases.map(({name, target, note}, index) => {
    const ours = taken[index]?.map((pair) => pair.ours)
    const empty = taken[index]?.map((pair) => pair.empty)
    return {
      name,
      value: undisturbed(ours) - undisturbed(empty),
      unit: 'ns/packet',
      ...(target === undefined ? {} : {target}),
      note: note === undefined ? spread(ours, empty) : `${note}; ${spread(ours, empty)}`,
    }
  })
}

const quantile = (values: readonly number[] = [], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN

/** Neighbours on the machine, and on the other half of the core, only ever add time; the least of all would be luck. */
const undisturbed = (values: readonly number[] | undefined): number => quantile(values, 0.1)

const spread = (ours: readonly number[] | undefined, empty: readonly number[] | undefined): string => {
  const [least, quarter, half] = [0, 0.25, 0.5].map((share) => quantile(ours, share) - quantile(empty, share))
  return `tenth of ${ours?.length ?? 0} rounds; least ${least?.toFixed(0)}, quarter ${quarter?.toFixed(0)}, half ${half?.toFixed(0)}`
}

export async function measureDatapath(): Promise<readonly BenchRow[]> {
  const libbpf = openLibbpf(library)
  const libc = openLibc()
  const clock = new Clock(libc)
  const bench: Bench = {
    libbpf,
    clock,
    load: ({lines = 8192, feeds = noFeeds} = {}) =>
      new FlowPrograms({
        libbpf,
        libc,
        clock,
        object: join(build, 'bpf/flow.bpf.o'),
        filter: everything,
        lines,
        feeds,
      }),
    drive: (mask) => new Driver({library, object: join(build, 'bpf/drive.bpf.o'), mask}),
  }
  using programs = bench.load()
  using empty = bench.drive(0)
  const solicitations = (copiesPerSecond: number): FlowPrograms =>
    bench.load({feeds: {...noFeeds, icmpTypes: [135], copiesPerSecond}})
  // Of its own: the case before it leaves tables behind in which no line is free.
  using unused = bench.load()
  using copied = solicitations(3_000_000)
  using over = solicitations(1)
  return [
    // Apart: a table that many flows have filled holds no known flow.
    ...(await measureAll(hits(bench, programs, empty), rounds)),
    ...(await measureAll(copies(bench, {copied, over}, empty), rounds)),
    ...(await measureAll(xdpHits(bench, programs, empty), slowRounds)),
    ...(await measureAll(manyFlows(bench, programs, empty), slowRounds)),
    await twoCpus(unused, empty),
    ...(await measureDrain(bench)),
  ]
}
