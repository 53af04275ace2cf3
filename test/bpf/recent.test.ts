import {describe, expect, test} from 'vitest'
import {ethernet, ipv6, udp} from '../support/packets.ts'
import {isRoot, loadPrograms, mergeCpus, send, takeAll} from './programs.ts'

const addressAt = {source: 22, destination: 38, end: 54}
const frame = ethernet(ipv6(udp({source: 53, destination: 53})))

const turned = Uint8Array.of(
  ...frame.subarray(0, addressAt.source),
  ...frame.subarray(addressAt.destination, addressAt.end),
  ...frame.subarray(addressAt.source, addressAt.destination),
  ...frame.subarray(addressAt.end),
)
const elsewhere = frame.slice()
elsewhere[addressAt.source + 7] = 0xff

const packets = (flows: readonly {readonly packets: number}[]) => flows.map((flow) => flow.packets).toSorted()

describe.skipIf(!isRoot)('the line used last (needs root)', () => {
  const rows = [
    {title: 'the same addresses the other way around', other: turned},
    {title: 'another network with the same interface identifier', other: elsewhere},
  ]
  test.each(rows)('is not taken for $title, which has the same digest', async ({other}) => {
    using programs = loadPrograms()
    for (const each of [frame, other, frame, frame, other]) send(programs, each)
    const flows = mergeCpus((await takeAll(programs)).flows)
    expect(packets(flows)).toEqual([2, 3])
  })

  test('is of its own generation only, whichever flow comes first in the next', async () => {
    using programs = loadPrograms()
    for (let generation = 0; generation < 6; generation++) {
      const inTurn = generation % 3 === 0 ? [frame, turned, elsewhere, frame] : [elsewhere, frame, frame, turned]
      for (const each of inTurn) send(programs, each)
      const flows = mergeCpus((await takeAll(programs)).flows)
      expect(packets(flows)).toEqual([1, 1, 2])
    }
  })
})
