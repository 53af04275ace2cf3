import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {Namespace} from './namespace.ts'

const isRoot = process.getuid?.() === 0
const rooms = join(import.meta.dirname, '../../src/pod-agent/network-namespaces.ts')
const other = `process.stdout.write('ready'); setInterval(() => undefined, 1000)`
const agent = `
import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {Inhabitants} from ${JSON.stringify(rooms)}
const other = spawn(process.execPath, ['--max-semi-space-size=2', process.argv[2]], {stdio: ['ignore', 'pipe', 'inherit']})
await once(other.stdout, 'data')
const ip = (command) => execFileSync('ip', command.split(' '))
ip('link add eth0 up type veth peer name far0')
ip('link set far0 up')
ip('address add fd00:e::1/64 dev eth0 nodad')
const inhabitants = new Inhabitants()
const before = inhabitants.haveLeft()
const gone = once(other, 'exit')
other.kill('SIGKILL')
await gone
const alone = inhabitants.haveLeft()
ip('link delete eth0')
console.log(before, alone, inhabitants.haveLeft())
`

describe.skipIf(!isRoot)('a pod whose program is one of node, with the agent’s own flags', () => {
  test('has ended when that has and nothing leads out of it: between two starts a pod keeps its interface', async () => {
    using namespace = new Namespace()
    const folder = mkdtempSync(join(tmpdir(), 'inhabitants-'))
    try {
      const [looks, lives] = [join(folder, 'agent.mjs'), join(folder, 'other.mjs')]
      writeFileSync(looks, agent)
      writeFileSync(lives, other)
      const said = await namespace.run(process.execPath, '--max-semi-space-size=2', looks, lives)
      expect(said.trim()).toBe('false false true')
    } finally {
      rmSync(folder, {recursive: true})
    }
  })
})
