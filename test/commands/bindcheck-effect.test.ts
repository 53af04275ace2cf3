import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Plugin} from '../support/plugin.ts'

const isRoot = process.getuid?.() === 0
/** Processes and mounts of its own: what others make and remove meanwhile is not seen there. The looker is in `home`, and both have a server. */
const box = `
awk '/ nsfs /{print $5}' /proc/self/mountinfo | xargs -r -n 1 umount -l 2>/dev/null
mkdir -p /run/netns && mount -t tmpfs none /run/netns
for each in home target; do ip netns add $each; ip -n $each link set lo up; done
ip -n home link add v0 type veth peer name v1 netns target
ip -n home link set v0 up addrgenmode none; ip -n target link set v1 up addrgenmode none
ip -n home address add fd00::1/64 dev v0 nodad; ip -n target address add fd00::2/64 dev v1 nodad
for each in home target; do ip netns exec $each /usr/bin/python3 -c "$0" & done
wait
`
const server = `
import socket
tcp = socket.create_server(('::', 7000), family=socket.AF_INET6, dualstack_ipv6=True)
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); udp.bind(('::', 6969))
print('ready', flush=True)
while True: udp.recv(100)
`

/** Of what plugin and agent of this machine have said to each other. */
const isTunnel = /^tcp (?!LISTEN).* 127\.0\.0\.1:\d+ 127\.0\.0\.1:/

describe.skipIf(!isRoot)('what a look changes', () => {
  let holder: ChildProcess
  let first = ''
  const inside = (...command: readonly string[]): string =>
    execFileSync('nsenter', ['-t', first, '-m', '-p', ...command], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}) // prettier-ignore

  /** As the kernel tells it: every socket but those by which plugin and agent spoke, every setting, every network namespace. */
  const situation = () => ({
    sockets: ['home', 'target'].map((name) => {
      const all = inside('ip', 'netns', 'exec', name, 'ss', '-aneH', '-A', 'tcp,udp,raw,mptcp,sctp,packet,unix')
      const lines = all.split('\n').map((line) => line.replaceAll(/ *timer:\S+| +/g, ' '))
      return lines.filter((line) => name === 'target' || !isTunnel.test(line)).toSorted()
    }),
    settings: ['home', 'target'].map((name) => inside('ip', 'netns', 'exec', name, 'sh', '-c', 'sysctl -a --pattern "^net[.]" | grep -v conntrack_count')), // prettier-ignore
    links: ['home', 'target'].map((name) => inside('ip', '-n', name, 'address').replaceAll(/ (valid|preferred)_lft \S+/g, '')), // prettier-ignore
    namespaces: inside('lsns', '-t', 'net', '-n', '-o', 'NS').split('\n').toSorted(),
    mounts: inside('grep', 'nsfs', '/proc/self/mountinfo').split('\n').length,
    processes: inside('ps', '-e', '-o', 'comm=').split('\n').toSorted(),
  })

  /** The kernel tells that a link is up when it comes to it, and who looked last goes when it can. */
  const settled = async () => {
    for (;;) {
      const now = situation()
      await new Promise((resolve) => setTimeout(resolve, 200))
      const isUp = now.links.every((text) => text.includes('state UP'))
      if (isUp && JSON.stringify(situation()) === JSON.stringify(now)) return now
    }
  }

  beforeAll(async () => {
    holder = spawn('unshare', ['-pmf', '--mount-proc', '--propagation', 'private', '--kill-child', 'sh', '-c', box, server], {stdio: ['ignore', 'pipe', 'inherit']}) // prettier-ignore
    let said = ''
    holder.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    while (said.split('ready').length < 3) await once(holder.stdout ?? holder, 'data')
    first = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim()
  })
  afterAll(async () => {
    const ended = once(holder, 'close')
    holder.kill('SIGKILL')
    await ended
  })

  test.each([
    ['bindcheck', ['--port', '6969'], '6969/udp'],
    ['bindcheck', ['--port', '7000', '--in-place'], 'Bound in the live network namespace'],
    ['listeners', [], '[::]:7000'],
    ['clients', ['--duration', '1s', '--connections'], 'nothing is left'],
  ])('%s %j: no socket, no setting, no interface, no namespace, no process', async (verb, flags, shown) => {
    const before = await settled()
    const prefix = ['nsenter', '-t', first, '-m', '-p', 'ip', 'netns', 'exec', 'home']
    await using plugin = new Plugin([verb, 'local', ...flags], {prefix})
    const {status, stdout, stderr} = await plugin.ended
    expect(status, stderr).toBeLessThan(2)
    expect(stdout).toContain(shown)
    await expect.poll(situation, {timeout: 20_000}).toEqual(before)
  })
})
