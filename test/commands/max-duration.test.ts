import {expect, test} from 'vitest'
import {planRun, toTheEnd} from '../../src/commands/flow-source.ts'
import {observeRequest} from '../../src/commands/observe-request.ts'
import type {SourceEvent} from '../../src/session/source.ts'

const stopped = {type: 'stopped', removed: {programs: 3, links: 6, maps: 9}, clean: true, remains: []} as const

async function told(maxDuration: string, stop: AbortSignal): Promise<readonly SourceEvent[]> {
  const {settings} = planRun(
    observeRequest({flags: {'max-duration': maxDuration, flows: 8192, top: 10}, targets: ['local'], raw: []}),
  )
  // eslint-disable-next-line require-yield, @typescript-eslint/require-await -- an agent with nothing but its end to tell
  async function* agent() {
    return stopped
  }
  const events: SourceEvent[] = []
  for await (const event of toTheEnd(agent(), {node: 'node1', settings, stop})) events.push(event)
  return events
}

test('a run that its node ends at --max-duration says so', async () => {
  expect(await told('100ms', new AbortController().signal)).toEqual([
    {type: 'notice', node: 'node1', text: 'Ended by --max-duration 100ms.'},
    {type: 'end', node: 'node1', end: {stopped}},
  ])
})

test('a run that was asked to end, or ends before its time, does not', async () => {
  const end = [{type: 'end', node: 'node1', end: {stopped}}]
  expect(await told('100ms', AbortSignal.abort())).toEqual(end)
  expect(await told('1h', new AbortController().signal)).toEqual(end)
})
