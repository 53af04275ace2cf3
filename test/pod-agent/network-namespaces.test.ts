import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {Namespace} from './namespace.ts'

const isRoot = process.getuid?.() === 0
const rooms = join(import.meta.dirname, '../../src/pod-agent/network-namespaces.ts')
const other = `process.stdout.write('ready'); setInterval(() => undefined, 1000)`
const agent = `
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {Inhabitants} from ${JSON.stringify(rooms)}
const other = spawn(process.execPath, ['--max-semi-space-size=2', process.argv[2]], {stdio: ['ignore', 'pipe', 'inherit']})
await once(other.stdout, 'data')
const inhabitants = new Inhabitants()
const before = inhabitants.haveLeft()
const gone = once(other, 'exit')
other.kill('SIGKILL')
await gone
console.log(before, inhabitants.haveLeft())
`

describe.skipIf(!isRoot)('a pod whose program is one of node, with the agent’s own flags', () => {
  test('has ended when that has', async () => {
    using namespace = new Namespace()
    const folder = mkdtempSync(join(tmpdir(), 'inhabitants-'))
    try {
      const [looks, lives] = [join(folder, 'agent.mjs'), join(folder, 'other.mjs')]
      writeFileSync(looks, agent)
      writeFileSync(lives, other)
      const said = await namespace.run(process.execPath, '--max-semi-space-size=2', looks, lives)
      expect(said.trim()).toBe('false true')
    } finally {
      rmSync(folder, {recursive: true})
    }
  })
})
