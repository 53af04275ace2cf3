import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'
import {plugin} from './lab.ts'
import type {BenchRow} from './row.ts'

const bytesOfCapture = 2_000_000_000
const headers = 54
/** Full segments, acknowledgements, and what is between: 712 bytes a packet. */
const sizes = [1514, 86, 1514, 86, 800, 86, 1514, 100]

/** `observe --input-file` of 2 GB, against a loop that reads the same file and steps from frame to frame. */
export async function measureCapture(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-capture-'))
  try {
    const [few, many, small] = [join(folder, 'few.pcap'), join(folder, 'many.pcap'), join(folder, 'small.pcap')]
    const gzip = `${small}.gz`
    const packets = writeCapture(few, 20_000)
    writeCapture(many, 200_000)
    writeCapture(small, 20_000, bytesOfCapture / 10)
    await pipeline(createReadStream(small), createGzip({level: 1}), createWriteStream(gzip))
    const floor = seconds(() => stepThrough(few))
    const [one, two, three] = [await observe(few), await observe(many), await observe(gzip)]
    const rate = (taken: number): string => `${(packets / taken / 1e6).toFixed(2)} M packets/s`
    return [
      {name: 'observe --input-file, 2 GB, 20,000 flows', value: packets / one.seconds, unit: 'packets/s', target: {atLeast: 1e6}, note: `${one.seconds.toFixed(1)} s with start and ${one.lines} lines; ${(one.seconds / floor).toFixed(1)} × a loop that only reads and steps on (${rate(floor)})`}, // prettier-ignore
      {name: 'the same, resident at most', value: one.megabytes, unit: 'MB', target: {atMost: 150}},
      {name: 'the same, 200,000 flows', value: packets / two.seconds, unit: 'packets/s', note: `${two.lines} lines, ${two.megabytes.toFixed(0)} MB`}, // prettier-ignore
      {
        name: 'the same, a tenth of it, gzip',
        value: three.seconds,
        unit: 's',
        note: `${three.megabytes.toFixed(0)} MB`,
      },
    ]
  } finally {
    rmSync(folder, {recursive: true})
  }
}

function seconds(action: () => void): number {
  const start = performance.now()
  action()
  return (performance.now() - start) / 1000
}

/** Returns how many packets it has. */
function writeCapture(path: string, flows: number, most = bytesOfCapture): number {
  const file = openSync(path, 'w')
  const buffer = Buffer.alloc(4 << 20)
  let at = 0
  for (const word of [0xa1b2c3d4, 0x00040002, 0, 0, 262_144, 1]) at = buffer.writeUInt32LE(word, at)
  let [written, packets] = [0, 0]
  for (; written < most; packets++) {
    const size = sizes[packets % sizes.length] ?? 86
    const micros = packets * 2
    for (const word of [1_700_000_000 + Math.floor(micros / 1e6), micros % 1e6, size, size]) at = buffer.writeUInt32LE(word, at) // prettier-ignore
    writeFrame(buffer.subarray(at, at + headers), {size, flow: Math.imul(packets >> 1, 0x9e37_79b1) >>> 0, flows})
    at += size
    if (at < buffer.length - 2000) continue
    written += writeSync(file, buffer, 0, at)
    at = 0
  }
  writeSync(file, buffer, 0, at)
  closeSync(file)
  return packets
}

function writeFrame(frame: Buffer, {size, flow, flows}: {readonly size: number; readonly flow: number; readonly flows: number}): void {
  frame.fill(0).set([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60])
  frame.writeUInt16BE(size - headers, 18)
  frame.set([17, 64, 0xfd], 20)
  frame.writeUInt32BE(flow % flows, 34)
  frame.set([0xfd], 38)
} // prettier-ignore

/** No less can be done. */
function stepThrough(path: string): void {
  const file = openSync(path, 'r')
  const buffer = new Uint8Array(1 << 18)
  const view = new DataView(buffer.buffer)
  let position = 24
  for (let read = -1; read !== 0;) {
    read = readSync(file, buffer, 0, buffer.length, position)
    let at = 0
    while (at + 16 <= read) at += 16 + view.getUint32(at + 8, true)
    position += at
  }
  closeSync(file)
}

interface Observed {
  readonly seconds: number
  /** At most. */
  readonly megabytes: number
  readonly lines: number
}

async function observe(path: string): Promise<Observed> {
  const output = openSync(`${path}.lines`, 'w')
  const start = performance.now()
  const child = spawn(plugin, ['observe', '--input-file', path, '-o', 'json'], {stdio: ['ignore', output, 'inherit']})
  let megabytes = 0
  const watch = setInterval(() => (megabytes = Math.max(megabytes, mostResident(child.pid ?? 0))), 50)
  const [status] = (await once(child, 'close')) as [number | null] // 'close' of a child
  const seconds = (performance.now() - start) / 1000
  clearInterval(watch)
  closeSync(output)
  if (status !== 0) throw new Error(`observe ended with ${String(status)}`)
  return {seconds, megabytes, lines: readFileSync(`${path}.lines`, 'utf8').split('\n').length - 1}
}

/** 0 when it has ended. */
function mostResident(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000
  } catch {
    return 0
  }
}
