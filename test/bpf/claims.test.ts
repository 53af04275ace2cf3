import {describe, expect, test} from 'vitest'
import {readCopies} from '../../src/events/copies.ts'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {noFeeds} from '../../src/protocol/settings.ts'
import {ethernet, icmpv6, ipv6} from '../support/packets.ts'
import {isRoot, loadPrograms, send, takeAll} from './programs.ts'

const solicitation = 135
const advertisement = 136
const at = {sender: 6, source: 22, sourceEnd: 38, target: 62, option: 78}

interface Claim {
  readonly type: number
  readonly target: number
  /** The last bytes of the sender's link-layer address, and of the one that the message names. */
  readonly sender?: number
  readonly named?: number
}

function claim({type, target, sender = 1, named = sender}: Claim): Uint8Array {
  const frame = ethernet(ipv6(icmpv6({type, payload: 28})))
  const view = new DataView(frame.buffer, frame.byteOffset)
  if (type === solicitation) frame.fill(0, at.source, at.sourceEnd)
  view.setUint32(at.sender + 2, sender)
  view.setUint32(at.target + 12, target)
  view.setUint16(at.option, 0x0201)
  view.setUint32(at.option + 4, named)
  return frame
}

const isCopied = (programs: FlowPrograms, frame: Uint8Array): boolean =>
  [...readCopies(programs.copies?.take().records ?? new Uint8Array())].some((copy) =>
    Buffer.from(copy.frame.bytes).equals(frame),
  )

describe.skipIf(!isRoot)('in a flood that is over its budget (needs root)', () => {
  const load = () => loadPrograms({feeds: {...noFeeds, icmpTypes: [solicitation, advertisement], copiesPerSecond: 20}})
  const flood = 20_000
  const mine = 0xfd
  const owner = 1
  const other = 2

  const floods: readonly {title: string; frames: (type: number) => readonly Uint8Array[]; repeat: number}[] = [
    {title: 'of one claim', frames: (type) => [claim({type, target: 7})], repeat: flood},
    {
      title: 'of claims to random addresses',
      frames: (type) => Array.from({length: flood}, (_, index) => claim({type, target: 0x1000_0000 + index * 7919})),
      repeat: 1,
    },
  ]
  const kinds = [
    {title: 'advertisements', type: advertisement},
    {title: 'probes for duplicate addresses', type: solicitation},
  ]
  const rows = floods.flatMap((each) => kinds.map((kind) => ({...each, kind})))
  test.each(rows)(
    '$title, $kind.title: a second claimant of an address is told',
    async ({frames, repeat, kind: {type}}) => {
      using programs = load()
      const honest = claim({type, target: mine, sender: owner})
      send(programs, honest)
      expect(isCopied(programs, honest)).toBe(true)
      for (const frame of frames(type)) send(programs, frame, {repeat})
      programs.copies?.take()
      const conflict = claim({type, target: mine, sender: other})
      send(programs, conflict)
      expect(isCopied(programs, conflict)).toBe(true)
      const {ingress} = await takeAll(programs)
      expect(ingress.icmpv6Types[type]).toBe(flood + 2)
      expect(ingress.copied + (ingress.overBudget[type] ?? 0)).toBe(flood + 2)
      expect(ingress.overBudget[type]).toBeGreaterThan(flood / 2)
    },
  )

  test('an advertisement that names another address of the link is news, whoever sends it', () => {
    using programs = load()
    send(programs, claim({type: advertisement, target: mine, sender: owner}))
    send(programs, claim({type: advertisement, target: 7}), {repeat: flood})
    programs.copies?.take()
    const proxy = claim({type: advertisement, target: mine, sender: owner, named: other})
    send(programs, proxy)
    expect(isCopied(programs, proxy)).toBe(true)
  })
})
