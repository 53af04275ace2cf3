import {expect, test} from 'vitest'
import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import type {Observation} from '../../src/diagnosis/observation.ts'
import {asks, nanoseconds} from './messages.ts'

const target = '2001:db8::2'
const thrice = [0, 1, 2].map((at) => asks(target, {at}))

/** What is found of these once it is known that nothing more comes, so many seconds after the first. */
function atTheEnd(observations: readonly Observation[], seconds: number): readonly string[] {
  const diagnosis = new Diagnosis()
  for (const each of observations) diagnosis.hear(each)
  return diagnosis.end(nanoseconds(1000 + seconds)).map(({rule, severity}) => `${severity} ${rule}`)
}

test('a question that had its time is judged at the end, without a packet after it', () => {
  expect(atTheEnd(thrice, 3.6)).toEqual(['error ndp/ns-unanswered'])
})

test('one that was asked again and had not is told as not known', () => {
  expect(atTheEnd(thrice, 2.5)).toEqual(['info ndp/ns-unanswered'])
  expect(atTheEnd(thrice.slice(0, 1), 2.5)).toEqual([])
})

test('many silent targets that became no scan by then are each told', () => {
  const targets = Array.from({length: 9}, (_, i) => `2001:db8::${(i + 16).toString(16)}`)
  const all = [0, 1, 2].flatMap((at) => targets.map((ip, i) => asks(ip, {at: at + i / 100})))
  expect(atTheEnd(all, 4)).toEqual(targets.map(() => 'error ndp/ns-unanswered'))
})

test('neighbours that fail by the hundred, as after a flood of made-up ones, are not told each', () => {
  const diagnosis = new Diagnosis()
  const failing = (i: number): Observation => {
    const change = {interface: 'eth0', ip: `fe80::${i.toString(16)}`, state: 'FAILED', oldState: 'PROBE', event: 'timer'} as const // prettier-ignore
    return {type: 'neighbour', timeNs: nanoseconds(1000 + i / 1000), change}
  }
  const findings = Array.from({length: 300}, (_, i) => diagnosis.hear(failing(i))).flat()
  expect(findings.map(({rule}) => rule)).toEqual(Array<string>(20).fill('ndp/nud-unanswered'))
})
