import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync, zstdCompressSync} from 'node:zlib'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type CapturedFrame, type OtherFrame, readCapture, type ReadOptions} from '../../src/capture/read-capture.ts'
import {block, fieldsOf, interfaceBlock, option, packetBlock, pcapFile, section} from '../support/capture-files.ts'
import {ethernet, ipv6, tcp, udp} from '../support/packets.ts'

const frames = [ethernet(ipv6(tcp())), ethernet(ipv6(udp())), ethernet(ipv6(tcp({payload: 33})))]
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capture-'))
})
afterAll(() => rmSync(folder, {recursive: true}))

interface Read {
  readonly frames: readonly (Omit<CapturedFrame, 'frame'> & {readonly bytes: Buffer; readonly link: string})[]
  readonly failure?: string
}

async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Read> {
  const path = join(folder, 'file')
  writeFileSync(path, bytes)
  const all: Read['frames'][number][] = []
  try {
    for await (const batch of readCapture(path, options))
      for (const {frame, ...rest} of batch) all.push({...rest, bytes: Buffer.from(frame.bytes), link: frame.link})
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== 'PluginError') throw cause
    return {frames: all, failure: cause.message.replace(path, 'FILE')}
  }
  return {frames: all}
}

const bytesOf = ({frames: all}: Read) => all.map(({bytes}) => bytes)
const expected = frames.map((frame) => Buffer.from(frame))

describe('pcap', () => {
  test.each([
    {isLittle: true, isNano: false},
    {isLittle: false, isNano: false},
    {isLittle: true, isNano: true},
    {isLittle: false, isNano: true},
  ])('is read with its order and its clock: %j', async (options) => {
    const file = await read(pcapFile(frames, options))
    expect(bytesOf(file)).toEqual(expected)
    const [, , last] = file.frames
    expect(last?.timeNs).toBe(1_700_000_002_000_000_000n + (options.isNano ? 2n : 2000n))
    expect(last).toMatchObject({number: 3, interface: '#0', link: 'ethernet'})
  })

  test.each([
    ['gzip', gzipSync(pcapFile(frames))],
    ['zstd', zstdCompressSync(pcapFile(frames))],
    ['gzip in two parts', Buffer.concat([gzipSync(pcapFile(frames).subarray(0, 90)), gzipSync(pcapFile(frames).subarray(90))])], // prettier-ignore
  ])('is read through %s', async (_, bytes) => {
    expect(bytesOf(await read(bytes))).toEqual(expected)
  })

  test('cut at any byte, shows what was whole, and says where it ends', async () => {
    const whole = pcapFile(frames)
    const ends = frames.map((_, n) => pcapFile(frames.slice(0, n)).length).concat(whole.length)
    for (let length = 24; length < whole.length; length++) {
      const {frames: some, failure} = await read(whole.subarray(0, length))
      const count = ends.filter((end) => end <= length).length - 1
      expect(some.length).toBe(count)
      const told = `FILE is cut off in the middle of a block at byte ${length}, after frame ${count}`
      expect(failure).toBe(ends.includes(length) ? undefined : told)
    }
  }, 60_000)

  test('a frame larger than any is refused, and what came before it is shown', async () => {
    const huge = fieldsOf(
      [0, 0, 0xffff_ffff, 0xffff_ffff].map((value) => [4, value]),
      true,
    )
    const {frames: some, failure} = await read(Buffer.concat([pcapFile(frames), huge]))
    expect(some.length).toBe(3)
    expect(failure).toContain('a frame of 4294967295 bytes is larger than any')
  })

  test('of another link type, is passed over and named', async () => {
    const others: OtherFrame[] = []
    const {frames: some} = await read(pcapFile(frames, {linkType: 105}), {onOtherLink: (other) => others.push(other)})
    const [first] = frames
    expect([some, others.length]).toEqual([[], 3])
    expect(others[0]).toEqual({
      linkType: 'link type 105 (IEEE802_11)',
      timeNs: 1_700_000_000_000_000_000n,
      interface: '#0',
      length: first?.length,
    })
  })
})

describe('what is no capture', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'FILE is no capture: it is empty'],
    ['xz', Buffer.from('fd377a585a00', 'hex'), 'FILE is compressed with xz, which is not read'],
    ['bzip2', Buffer.from('BZh91AY'), 'FILE is compressed with bzip2, which is not read'],
    ['lz4', Buffer.from('04224d1864', 'hex'), 'FILE is compressed with lz4, which is not read'],
    ['two bytes', Buffer.from('ab'), 'FILE is no capture: it is too short'],
    ['text', Buffer.from('hello, world'), 'FILE is no capture: it begins as neither pcap nor pcapng does'],
    [
      'a pcapng of a minor version to come',
      section(true, 1),
      'FILE is a capture of version pcapng 1.1, which is not read',
    ],
    ['an old pcap', fieldsOf([[4, 0xa1b2c3d4], [2, 2], [2, 3], [4, 0], [4, 0], [4, 9], [4, 1]], true), 'FILE is a capture of version pcap 2.3, which is not read'], // prettier-ignore
  ])('%s is told as such', async (_, bytes, failure) => {
    expect(await read(bytes)).toEqual({frames: [], failure})
  })

  test('a folder and a missing file are told as such', async () => {
    mkdirSync(join(folder, 'folder'))
    const first = async (path: string) => readCapture(path).next()
    await expect(first(join(folder, 'folder'))).rejects.toThrow('it is a directory')
    await expect(first(join(folder, 'missing'))).rejects.toThrow('there is no such file')
  })

  test('compressed bytes that end early are told after what they held', async () => {
    const long = pcapFile(Array.from({length: 500}, (_, n) => ethernet(ipv6(tcp({payload: n % 99, source: n + 1})))))
    const {frames: some, failure} = await read(gzipSync(long).subarray(0, 900))
    expect(some.length).toBeGreaterThan(10)
    expect(failure).toContain('what is compressed ends or breaks there')
  })
})

describe.each([true, false])('pcapng, little-endian: %s', (isLittle) => {
  const name = (text: string) => option(2, Buffer.from(text), isLittle)
  const [first = new Uint8Array(), second = new Uint8Array()] = frames

  test('has sections, each with interfaces and clocks of its own, and blocks that are passed over', async () => {
    const nano = option(9, Buffer.from([9]), isLittle)
    const later = option(14, fieldsOf(isLittle ? [[4, 60], [4, 0]] : [[4, 0], [4, 60]], isLittle), isLittle) // prettier-ignore
    const file = await read(
      Buffer.concat([
        section(isLittle),
        interfaceBlock(1, [name('eth0')], isLittle),
        interfaceBlock(101, [name('tun0\0'), nano, later], isLittle),
        block(0xbad, Buffer.alloc(4000), isLittle),
        packetBlock(first, {time: 1_700_000_000_000_001n, isLittle, options: [option(2, fieldsOf([[4, 2]], isLittle), isLittle), option(0, Buffer.alloc(0), isLittle)]}), // prettier-ignore
        packetBlock(second, {at: 1, time: 1_700_000_000_000_000_007n, isLittle}),
        section(!isLittle, 2),
        interfaceBlock(229, [], !isLittle),
        packetBlock(first, {time: 1_000_000n, isLittle: !isLittle}),
      ]),
    )
    expect(file.failure).toBe(undefined)
    expect(
      file.frames.map(({number, interface: from, link, timeNs, direction}) => ({
        number,
        interface: from,
        link,
        timeNs,
        ...(direction === undefined ? {} : {direction}),
      })),
    ).toEqual([
      {number: 1, interface: 'eth0', link: 'ethernet', timeNs: 1_700_000_000_000_001_000n, direction: 'egress'},
      {number: 2, interface: 'tun0', link: 'none', timeNs: 1_700_000_060_000_000_007n},
      {number: 3, interface: '#0', link: 'none', timeNs: 1_000_000_000n},
    ])
  })

  test('has simple and obsolete packet blocks', async () => {
    const simple = block(3, Buffer.concat([fieldsOf([[4, first.length]], isLittle), first]), isLittle)
    const head = fieldsOf([[2, 0], [2, 0], [4, 0], [4, 5_000_000], [4, second.length], [4, second.length]], isLittle) // prettier-ignore
    const old = block(2, Buffer.concat([head, second]), isLittle)
    const file = await read(Buffer.concat([section(isLittle), interfaceBlock(1, [], isLittle), old, simple]))
    expect(bytesOf(file)).toEqual([Buffer.from(second), Buffer.from(first)])
    expect(file.frames.map(({timeNs}) => timeNs)).toEqual([5_000_000_000n, 5_000_000_000n])
  })

  test('cut at any byte, shows what was whole, and then says so', async () => {
    const parts = [section(isLittle), interfaceBlock(1, [name('eth0')], isLittle), packetBlock(first, {isLittle}), block(7, Buffer.alloc(20), isLittle), packetBlock(second, {isLittle})] // prettier-ignore
    const ends = parts.map((_, n) => Buffer.concat(parts.slice(0, n + 1)).length)
    const whole = Buffer.concat(parts)
    for (let length = 4; length <= whole.length; length++) {
      const {frames: some, failure} = await read(whole.subarray(0, length))
      expect(some.length).toBe([2, 4].filter((n) => (ends[n] ?? 0) <= length).length)
      expect(failure === undefined).toBe(ends.includes(length))
    }
  }, 60_000)

  test('any byte of it changed, fails in order or not at all', async () => {
    const whole = Buffer.concat([section(isLittle), interfaceBlock(1, [name('eth0')], isLittle), packetBlock(first, {isLittle}), packetBlock(second, {isLittle})]) // prettier-ignore
    for (let at = 4; at < whole.length; at++) {
      for (const value of [0, 0xff]) {
        const broken = Buffer.from(whole)
        broken[at] = value
        expect((await read(broken)).frames.length).toBeLessThanOrEqual(2)
      }
    }
  }, 60_000)
})
