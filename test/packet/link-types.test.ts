import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {readCapture} from '../../src/capture/read-capture.ts'
import {decodeFrame} from '../../src/packet/decode.ts'
import {dissectWhole} from '../support/pdml.ts'
import {shownByTshark} from '../support/shown-by-tshark.ts'
import {shownPacket} from '../support/shown-packet.ts'

/** What tcpdump wrote with `-i any -y LINUX_SLL`, with `-y LINUX_SLL2` and with `-s 90`, and dumpcap of a veth and the loopback device at once, while ping sent whole packets and fragments. */
const folder = join(import.meta.dirname, '../captures/links')

test.each(readdirSync(folder))(
  '%s: every frame is what tshark shows',
  async (name) => {
    const shown = dissectWhole(join(folder, name))
    const ours: (readonly string[])[] = []
    for await (const batch of readCapture(join(folder, name)))
      for (const {frame} of batch) ours.push(shownPacket(decodeFrame(frame)))
    expect(ours.length).toBeGreaterThan(10)
    expect(ours).toEqual(shown.map(shownByTshark))
  },
  60_000,
)
