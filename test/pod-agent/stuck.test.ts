import {execFileSync} from 'node:child_process'
import {expect, test} from 'vitest'
import {type AgentSettings, everything, noFeeds} from '../../src/protocol/settings.ts'
import {createIdentity} from '../../src/session/identity.ts'
import {LocalAgent} from '../../src/session/local-agent.ts'
import {runInPair} from './pair.ts'

runInPair()

function plan(): AgentSettings {
  const {run, publicKey} = createIdentity()
  const limits = {flows: 64, intervalMs: 1000, silenceMs: 30_000, maxDurationMs: 60_000}
  return {run, publicKey, port: 0, hook: 'auto', interfaces: ['v0'], ...limits, filter: everything, feeds: noFeeds}
}

const processesOf = ({run}: AgentSettings): readonly string[] =>
  execFileSync('ps', ['-eo', 'pid=,stat=,args='], {encoding: 'utf8'})
    .split('\n')
    .filter((line) => line.includes(run) && !/^\s*\d+ Z/.test(line))
    .map((line) => line.trim().split(/\s+/)[0] ?? '')

test('an agent on this machine that does not end is killed, and that is said', async () => {
  const settings = plan()
  const agent = await LocalAgent.start(settings)
  const [pid] = processesOf(settings)
  process.kill(Number(pid), 'SIGSTOP')
  expect(await agent.close()).toBe('The agent did not end when it was asked to, and was killed.')
  expect(processesOf(settings)).toEqual([])
  expect(await agent.close()).toBeUndefined()
  expect((await agent.ended).message).toContain('killed by SIGKILL')
})
