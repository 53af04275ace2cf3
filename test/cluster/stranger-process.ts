import {execFileSync} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'
import {tcxPrograms, xdpProgram} from '../../src/pod-agent/native/ids.ts'
import {Foreigner, libbpf} from '../pod-agent/foreign.ts'
import type {StrangerState} from './stranger.ts'

/** Somebody else on an interface of this network namespace: on TCX, clsact and XDP. Each line that it reads is answered with how it stands there. */
const [device = ''] = process.argv.slice(2)
const run = (...[program = '', ...rest]: string[]) => execFileSync(program, rest, {encoding: 'utf8'})
const index = Number.parseInt(run('ip', '-o', 'link', 'show', 'dev', device))
const qdiscs = () => run('tc', 'qdisc', 'show', 'dev', device)
const before = qdiscs()
{
  await using foreigner = new Foreigner()
  await foreigner.onTcx(index)
  await foreigner.onXdp(index, 'generic')
  await foreigner.onClsact(index, 'egress')
  const state = (): StrangerState => ({
    packets: foreigner.count,
    tcx: [tcxPrograms(libbpf, index, 'ingress'), tcxPrograms(libbpf, index, 'egress')],
    xdp: xdpProgram(libbpf, index),
    filters:
      run('tc', 'filter', 'show', 'dev', device, 'ingress') + run('tc', 'filter', 'show', 'dev', device, 'egress'),
    qdiscs: qdiscs(),
  })
  const say = () => process.stdout.write(`${JSON.stringify(state())}\n`)
  say()
  const lines = createInterface({input: process.stdin})
  lines.on('line', say)
  await once(lines, 'close')
}
if (qdiscs() !== before) throw new Error(`the qdiscs of ${device} are not what they were: ${qdiscs()}`)
