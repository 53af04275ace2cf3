import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {BpfObject} from '../src/pod-agent/native/bpf-object.ts'
import {check} from '../src/pod-agent/native/failure.ts'
import {openLibbpf} from '../src/pod-agent/native/libbpf.ts'
import {openLibc} from '../src/pod-agent/native/libc.ts'
import {firstLine, interrupt, plugin, run, VethLab} from './lab.ts'
import {childOf, cpuSeconds, residentMegabytes} from './process.ts'
import type {BenchRow} from './row.ts'

const build = join(import.meta.dirname, '../build')
const statistics = '/proc/sys/kernel/bpf_stats_enabled'
const count = 600_000

/** Datagrams to a port that nobody has, straight to the device: from one address, or each from another. */
const sending = `
import os, socket, struct, sys, time
device, mac, count, sources = sys.argv[1], bytes.fromhex(sys.argv[2].replace(':', '')), int(sys.argv[3]), int(sys.argv[4])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((device, 0))
def frame(number):
  source = socket.inet_pton(socket.AF_INET6, 'fd6b::') [:8] + struct.pack('>Q', 16 + number)
  return mac + bytes(6) + struct.pack('>HIHBB', 0x86dd, 6 << 28, 12, 17, 64) + source + socket.inet_pton(socket.AF_INET6, 'fd6b::2') + struct.pack('>HHHH', 7, 9, 12, 1) + b'1234'
frames = [frame(number) for number in range(sources)]
start = time.monotonic()
for number in range(count): out.send(frames[number % sources])
print(int(count / (time.monotonic() - start)))`

interface ProgramCost {
  readonly id: number
  readonly name: string
  readonly run_time_ns?: number
  readonly run_cnt?: number
}

/** What a drop costs, beside an empty program at the same tracepoint, and what a flood of them costs the agent. */
export async function measureDrops(): Promise<readonly BenchRow[]> {
  const before = readFileSync(statistics, 'utf8')
  // The kernel's own clock around each program: the same around both.
  writeFileSync(statistics, '1')
  try {
    return [...(await flood('of one sender', 1)), ...(await flood('of 200,000 senders', 200_000))]
  } finally {
    writeFileSync(statistics, before)
  }
}

async function flood(name: string, sources: number): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  using empty = new EmptyProgram()
  const drops = lab.start(lab.far, [plugin, 'drops', 'local', '-i', lab.device, '-o', 'json'])
  await firstLine(drops, {matching: /"kind":"start"/, withinMs: 30_000})
  const agent = childOf(drops.pid ?? 0)
  const cpu = cpuSeconds(agent)
  const began = performance.now()
  let text = ''
  drops.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const mac = /link\/ether (\S+)/.exec(run('ip', '-n', lab.far, 'link', 'show', lab.device))?.[1] ?? ''
  const rate = Number(lab.run(lab.near, 'python3', '-c', sending, lab.device, mac, String(count), String(sources)))
  const share = (cpuSeconds(agent) - cpu) / ((performance.now() - began) / 1000)
  const memory = residentMegabytes(agent)
  const ours = costOf('on_kfree_skb', agent)
  await interrupt(drops)
  const summary = JSON.parse(text.split('\n').findLast((line) => line.includes('"kind":"summary"')) ?? '{}') as {
    readonly drops?: {readonly total: number}
  } // docs/json.md
  const net = ours - empty.cost
  const note = `${rate} drops a second; with the kernel's clock around it ${ours.toFixed(0)} ns, an empty program ${empty.cost.toFixed(0)}: ${(ours / empty.cost).toFixed(1)} times`
  return [
    {name: `a drop ${name}`, value: net, unit: 'ns', note},
    {name: `flood of drops ${name}: agent`, value: share * 100, unit: '% of a core', target: {atMost: 30}},
    {name: `flood of drops ${name}: agent's memory`, value: memory, unit: 'MB'},
    {name: `flood of drops ${name}: not counted`, value: Math.max(0, count - (summary.drops?.total ?? 0)), unit: 'packets', target: {atMost: 0}},
  ] // prettier-ignore
}

class EmptyProgram implements Disposable {
  readonly #object: BpfObject
  readonly #link: number

  constructor() {
    const libbpf = openLibbpf(join(build, 'libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1'))
    const bytes = readFileSync(join(build, 'bpf/undropped.bpf.o'))
    this.#object = new BpfObject(libbpf, {bytes, without: [], maxEntries: {}, constants: {}}).load()
    this.#link = check('bpf_raw_tracepoint_open', libbpf.openTracepoint(null, this.#object.programFd('nothing_dropped'))) // prettier-ignore
  }

  get cost(): number {
    return costOf('nothing_dropped', process.pid)
  }

  [Symbol.dispose](): void {
    openLibc().close(this.#link)
    this.#object.close()
  }
}

/** Mean ns of the process's program of this name. */
function costOf(name: string, process: number): number {
  const ids = new Set(run('bash', '-c', `cat /proc/${process}/fdinfo/* 2>/dev/null || true`).match(/(?<=^prog_id:\s+)\d+$/gm)?.map(Number)) // prettier-ignore
  const all = JSON.parse(run('bpftool', '-j', 'prog', 'show')) as readonly ProgramCost[] // bpftool-prog(8)
  const {run_time_ns: time = 0, run_cnt: times = 0} = all.find((each) => each.name === name && ids.has(each.id)) ?? {}
  return times === 0 ? Number.NaN : time / times
}
