import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {decodeFrame} from '../src/packet/decode.ts'
import {mutated, randomNumbers} from '../test/support/mutations.ts'
import {framesOf} from '../test/support/pcap.ts'

/** Decodes `--count` mutated frames of the test captures: ends with the rate, or throws with the frame that did. */
const {values} = parseArgs({
  options: {count: {type: 'string', default: '10000000'}, seed: {type: 'string', default: '1'}},
})
const folder = join(import.meta.dirname, '../test/captures')
const frames = readdirSync(folder, {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.pcap'))
  .flatMap((name) => framesOf(join(folder, name)))
const random = randomNumbers(Number(values.seed))
const count = Number(values.count)
const began = performance.now()
for (let done = 0; done < count; done++) {
  const frame = mutated(frames, random)
  try {
    decodeFrame(frame)
  } catch (error) {
    throw new Error(`frame ${done}: ${frame.link} ${Buffer.from(frame.bytes).toString('hex')}`, {cause: error})
  }
}
const seconds = (performance.now() - began) / 1000
console.log(
  `${count} mutated frames, none threw: ${seconds.toFixed(1)} s, ${Math.round(count / seconds)}/s with making them`,
)
