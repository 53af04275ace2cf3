import {PassThrough} from 'node:stream'
import {text} from 'node:stream/consumers'
import {setTimeout as delay} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {Notices} from '../../src/commands/notices.ts'
import {showRun} from '../../src/commands/show-run.ts'
import {Sink} from '../../src/commands/sink.ts'
import {JsonView, TextView} from '../../src/commands/stream-view.ts'
import {noNames} from '../../src/events/names.ts'
import {RunState} from '../../src/events/run-state.ts'
import {palette} from '../../src/output/colour.ts'
import type {FlowSource, SourceEvent} from '../../src/session/source.ts'
import {aHello, anInterface, drain, lines, someTotals, ticks} from '../events/records.ts'

const stopped = {type: 'stopped', removed: {programs: 3, links: 6, maps: 9}, clean: true, remains: []} as const
const there = {sourcePort: 40_000, destinationPort: 443, first: ticks(100), last: ticks(101)}

function oneNode(node: string): SourceEvent[] {
  const totals = someTotals({seen: [3, 300], protocols: {tcp: [3, 300]}})
  return [
    {type: 'start', node, hello: aHello({warnings: ['eth1 is not looked at: it is down']})},
    {type: 'interface', node, change: {type: 'interface', change: 'attached', interface: anInterface('veth9', 9)}},
    {
      type: 'drain',
      node,
      drain: drain(lines({...there, packets: 2, bytes: 200}), {at: 101, totals: someTotals({seen: [2, 200]})}),
    },
    {type: 'notice', node, text: 'The tunnel broke \u001b[2J'},
    {type: 'drain', node, drain: drain(lines({...there, interface: 9}), {at: 102, totals, final: true})},
    {type: 'end', node, end: {stopped, pod: 'kube-system/agent'}},
  ]
}

const allPlaces = new Map([
  ['local', {node: 'local', target: 'local'}],
  ['node1', {node: 'node1', target: 'node/node1'}],
  ['node2', {node: 'node2', target: 'node/node2'}],
  ['node1 pod/shop/web-0', {node: 'node1', target: 'pod/shop/web-0'}],
])

// eslint-disable-next-line @typescript-eslint/require-await -- a recorded source waits for nothing
async function* recorded(...events: SourceEvent[]): FlowSource {
  yield* events
}

async function shown(
  form: 'text' | 'json',
  source: FlowSource,
  {
    stdout = new PassThrough(),
    asked = ['local'],
  }: {readonly stdout?: PassThrough; readonly asked?: readonly string[]} = {},
) {
  const places = new Map([...allPlaces].filter(([name]) => asked.includes(name)))
  const stderr: string[] = []
  const notices = new Notices({isQuiet: false, isVerbose: false, write: (line) => stderr.push(line)})
  const run = new RunState({names: noNames, clauses: []})
  const streamed = {run, sink: new Sink(stdout, () => undefined), notices, top: 10}
  const view =
    form === 'json'
      ? new JsonView(streamed)
      : new TextView({...streamed, palette: palette(false), timeFormat: 'rfc3339', isWide: false, hasNodes: false})
  const output = text(stdout)
  const outcome = await showRun(source, {run, view, places, onStart: () => undefined}).finally(() => stdout.end())
  return {output: await output, stderr: stderr.join(''), outcome}
}

test('text is one line a flow and refresh, then the summary', async () => {
  const {output, stderr} = await shown('text', recorded(...oneNode('local')))
  expect(output.split('\n').slice(0, 4)).toEqual([
    // Its rate is by the time that has passed; that of veth9 by the second that the records tell.
    expect.stringMatching(/^2023-11-14T22:15:00\.999888896Z {2}eth0 {2}in {2}\[fd00::1\]:40000 → \[fd00::2\]:443 {2}TCP {2}\+2 pkt \+200 B {2}[\d.]+ pkt\/s [\d.]+ k?bit\/s +total 2 pkt 200 B$/), // prettier-ignore
    expect.stringMatching(/^2023-11-14T22:15:00\.999888896Z {2}veth9 {2}in {2}\[fd00::1\]:40000 → \[fd00::2\]:443 {2}TCP {2}\+1 pkt \+100 B {2}1 pkt\/s 800 bit\/s +total 1 pkt 100 B$/), // prettier-ignore
    '',
    expect.stringContaining('local: 3 packets, 300 B and 2 flows in '),
  ])
  expect(output).toContain('seen 3 = filtered 0 + in flows 3 + overflow 0 + undecodable 0: every packet accounted for')
  expect(stderr).toBe(
    'local: Observing 3 of 3 interfaces, kernel 6.18.0.\nlocal: eth1 is not looked at: it is down\nlocal: attached veth9\nlocal: The tunnel broke \\u{1b}[2J\n',
  )
})

test('JSON is one object a line: start, flows, a summary for each node and one for all', async () => {
  const {output} = await shown('json', recorded(...oneNode('node1'), ...oneNode('node2')), {asked: ['node1', 'node2']})
  const objects = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as {kind: string; node: string; time: string})
  expect(objects.map(({kind, node}) => `${kind} ${node}`)).toEqual([
    'start node1', 'interface node1', 'flow node1', 'flow node1', 'start node2', 'interface node2', 'flow node2', 'flow node2', 'summary node1', 'summary node2', 'summary *',
  ]) // prettier-ignore
  expect(objects.every(({time}) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(time))).toBe(true)
  expect(objects[0]).toMatchObject({target: 'node/node1', kernel: '6.18.0', clockOffsetNs: '1700000000000000000'})
})

test('a node and a pod on it are two places of one node', async () => {
  const {output} = await shown('json', recorded(...oneNode('node1'), ...oneNode('node1 pod/shop/web-0')), {
    asked: ['node1', 'node1 pod/shop/web-0'],
  })
  const objects = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const told = (wanted: string) => objects.filter(({kind}) => kind === wanted).map(({node, target}) => [node, target])
  expect(told('start')).toEqual([
    ['node1', 'node/node1'],
    ['node1', 'pod/shop/web-0'],
  ])
  expect(told('summary')).toEqual([
    ['node1', 'node/node1'],
    ['node1', 'pod/shop/web-0'],
    ['*', undefined],
  ])
  expect(objects.at(-1)).toMatchObject({seen: {packets: 6}, inFlows: {packets: 6}})
})

test('the failure of one node is told apart, and the others are summed up', async () => {
  const failure = new Error('No image')
  const {output, outcome} = await shown(
    'json',
    recorded(...oneNode('node1'), {type: 'end', node: 'node2', end: {failure}}),
    {asked: ['node1', 'node2']},
  )
  expect(outcome).toEqual({nodes: 2, failures: [{node: 'node2', failure}]})
  expect(output.match(/"kind":"summary".*?"node":"[^"]+"/g)).toHaveLength(2)
  expect(output.trimEnd().split('\n').at(-1)).toContain('"node":"*"')
})

test('a run that breaks off still ends with its summary', async () => {
  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async function* broken(): FlowSource {
    yield* oneNode('local').slice(0, 3)
    throw new Error('cut')
  }
  const stdout = new PassThrough()
  const output = text(stdout)
  await expect(shown('text', broken(), {stdout})).rejects.toThrow('cut')
  expect(await output).toContain('the last counts of this run are missing')
})

test('interfaces that come, go or fail are told with the next refresh, many at once in one line', async () => {
  const changed = (change: 'attached' | 'gone' | 'failed', name: string, problem?: string): SourceEvent => {
    const hooks = change === 'attached' ? anInterface(name, 9).hooks : []
    const whole = {...anInterface(name, 9), hooks, ...(problem === undefined ? {} : {problem})}
    return {type: 'interface', node: 'local', change: {type: 'interface', change, interface: whole}}
  }
  const [start, , first, , , end] = oneNode('local')
  const came = ['veth1', 'veth2', 'veth3', 'veth4', 'veth5'].map((name) => changed('attached', name))
  const others = [changed('gone', 'veth6'), changed('failed', 'wg0', 'the kernel refused')]
  const events = [start!, ...came, ...others, first!, changed('gone', 'veth1'), end!]
  const {stderr} = await shown('text', recorded(...events))
  expect(stderr.split('\n').slice(2, -1)).toEqual([
    'local: attached 5 interfaces: veth1, veth2, veth3 …',
    'local: gone veth6',
    'local: failed wg0: the kernel refused',
    'local: gone veth1',
  ])
  const {output} = await shown('json', recorded(...events))
  const lines = output.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) // prettier-ignore
  const told = lines.filter(({kind}) => kind === 'interface')
  expect(told.map(({change}) => change)).toEqual([...came.map(() => 'attached'), 'gone', 'failed', 'gone'])
  expect(told[6]).toMatchObject({
    node: 'local',
    target: 'local',
    interface: {name: 'wg0', index: 9, hooks: [], problem: 'the kernel refused'},
  })
})

test('a reader that is slow is waited for', async () => {
  const stdout = new PassThrough({highWaterMark: 16})
  const sink = new Sink(stdout, () => undefined)
  let isWritten = false
  const writing = sink.write('x'.repeat(100)).then(() => (isWritten = true))
  await delay(20)
  expect(isWritten).toBe(false)
  stdout.resume()
  await writing
})

test('a reader that has gone ends the run and is no error', async () => {
  let isEnded = false
  const stdout = new PassThrough()
  const sink = new Sink(stdout, () => (isEnded = true))
  stdout.destroy(Object.assign(new Error('write EPIPE'), {code: 'EPIPE'}))
  await delay(1)
  await sink.write('more')
  expect(isEnded).toBe(true)
})
