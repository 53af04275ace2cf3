import {readdirSync, readFileSync} from 'node:fs'
import {connect} from '../../src/cluster/connection.ts'
import {PodGuard} from '../../src/cluster/pod-guard.ts'
import {launch} from './launching.ts'

/** A plugin's process that has launched its agent and waits to be killed. */
const connection = connect({kubeconfig: process.argv[2] ?? ''})
using guard = new PodGuard(connection.options)
const agent = await launch(connection, {guard})
const isChild = (pid: string) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(process.pid)
const reaper = readdirSync('/proc')
  .filter((name) => /^\d+$/.test(name))
  .find(isChild)
process.stdout.write(`${JSON.stringify({pod: agent.pod, reaper: Number(reaper)})}\n`)
await new Promise((resolve) => setTimeout(resolve, 60_000))
await agent.remove()
