import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import {setTimeout as pause} from 'node:timers/promises'
import {type JsonLine, Plugin} from '../support/plugin.ts'

export type Place = 'victim' | 'router' | 'attacker' | 'switch'

const lastOf = {victim: 'a', router: 'b', attacker: 'c'} as const
const letters: Readonly<Record<Place, string>> = {victim: 'v', router: 'r', attacker: 'x', switch: 's'}

/** A victim, a router and an attacker on one bridge, each in a namespace; all have eth0, 2001:db8:1::a, ::b and ::c, and MACs that end alike. */
export class DriverLab {
  readonly #prefix: string
  readonly #children: ChildProcess[] = []
  readonly #listeners: Plugin[] = []
  #scapy: ((code: string) => Promise<void>) | undefined

  constructor(prefix: string) {
    this.#prefix = prefix
    const at = (place: Place): string => this.namespace(place)
    for (const place of ['victim', 'router', 'attacker', 'switch'] as const)
      sh(`ip netns add ${at(place)}; ip -n ${at(place)} link set lo up`)
    sh(`ip -n ${at('switch')} link add br0 type bridge mcast_snooping 0; ip -n ${at('switch')} link set br0 up`)
    this.run('router', 'sysctl -qw net.ipv6.conf.all.forwarding=1')
    for (const place of ['victim', 'router', 'attacker'] as const) {
      const last = lastOf[place]
      sh(`ip link add eth0 address 02:00:00:00:00:0${last} netns ${at(place)} type veth peer name p${last} netns ${at('switch')}
ip -n ${at('switch')} link set p${last} master br0 up; ip -n ${at(place)} link set eth0 up
ip -n ${at(place)} addr add 2001:db8:1::${last}/64 dev eth0`)
    }
  }

  namespace(place: Place): string {
    return `${this.#prefix}-${letters[place]}`
  }

  run(place: Place, command: string): string {
    return sh(`ip netns exec ${this.namespace(place)} ${command}`)
  }

  /** Whatever it says and however it ends: attack tools end by a signal, or crash. */
  try(place: Place, command: string): void {
    this.run(place, `timeout -s INT ${command} >/dev/null 2>&1 || true`)
  }

  /** In the background, until the lab ends or the function it returns is called. */
  start(place: Place, command: readonly string[]): () => Promise<void> {
    const child = spawn('ip', ['netns', 'exec', this.namespace(place), ...command], {stdio: 'ignore'})
    this.#children.push(child)
    return () => ended(child)
  }

  get hasAddresses(): boolean {
    return (['victim', 'router', 'attacker'] as const).every(
      (place) => !this.run(place, 'ip -6 addr show dev eth0').includes('tentative'),
    )
  }

  /** Python with scapy in the attacker's namespace; `send(…)` gives Ethernet frames to its eth0. */
  async scapy(code: string): Promise<void> {
    this.#scapy ??= startScapy(this.namespace('attacker'), this.#children)
    await this.#scapy(code)
  }

  /** The plugin on the victim, once it listens; it ends with the lab. */
  async listen(verb: 'ndp' | 'exthdr' | 'observe', ...args: readonly string[]): Promise<Listener> {
    const plugin = new Plugin([verb, 'local', '-i', 'eth0', '-o', 'json', '-q', ...args], {
      prefix: ['ip', 'netns', 'exec', this.namespace('victim')],
    })
    this.#listeners.push(plugin)
    await plugin.until(/"kind":"start"/)
    return new Listener(plugin)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#listeners.map((each) => each[Symbol.asyncDispose]()), ...this.#children.map(ended)])
    for (const place of ['victim', 'router', 'attacker', 'switch'] as const) sh(`ip netns del ${this.namespace(place)}`)
  }
}

/** What the plugin found since somebody last looked. */
export class Listener {
  readonly #plugin: Plugin
  #looked = 0

  constructor(plugin: Plugin) {
    this.#plugin = plugin
  }

  /** `critical ndp/ra-spoof`, each once, in order, of what is above info or among these. */
  take(infos: readonly string[] = []): readonly string[] {
    const lines = this.#plugin.lines.slice(this.#looked)
    this.#looked += lines.length
    return findingsOf(lines.filter(isFirst)).filter((each) => infos.includes(each) || !each.startsWith('info '))
  }

  get findings(): readonly JsonLine[] {
    return this.#plugin.lines.filter(({kind}) => kind === 'finding')
  }

  /** Whether all these are found within the time since somebody last looked. */
  async finds(expected: readonly string[], withinMs: number): Promise<boolean> {
    const limit = Date.now() + withinMs
    for (;;) {
      const found = findingsOf(this.#plugin.lines.slice(this.#looked).filter(isFirst))
      if (expected.every((each) => found.includes(each))) return true
      if (Date.now() > limit) return false
      await pause(25)
    }
  }

  /** Waits until all these are found since somebody last looked, and gives all that were and are no aftermath. */
  async until(expected: readonly string[]): Promise<readonly string[]> {
    await this.finds(expected, 10_000)
    return this.take(expected)
      .filter((each) => expected.includes(each) || !aftermath.includes(each))
      .toSorted()
  }

  /** Ends the run, and gives the rest. */
  async end(): Promise<{readonly rest: readonly string[]; readonly status: number | null}> {
    const {status} = await this.#plugin.end()
    return {rest: this.take(), status}
  }
}

/** Rightly found some time after a driver: the victim asks for addresses that were forged, and its own comes back to it. */
const aftermath = ['error ndp/nud-unanswered', 'error ndp/ns-unanswered', 'error ndp/neigh-flap']

/** What is told again, as its tenth time, belongs to what drove it then. */
const isFirst = ({kind, count}: JsonLine): boolean => kind !== 'finding' || count === 1

/** `critical ndp/ra-spoof`, each once; without that the neighbour table is full: it is the whole machine's, whatever else runs there. */
export const findingsOf = (lines: readonly JsonLine[]): readonly string[] => [
  ...new Set(
    lines.flatMap(({kind, severity, rule}) =>
      kind === 'finding' && rule !== 'ndp/neigh-table' ? [`${String(severity)} ${String(rule)}`] : [],
    ),
  ),
]

export const sh = (command: string): string => execFileSync('sh', ['-ec', command], {encoding: 'utf8', timeout: 30_000})

export async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (isSo()) return
    await pause(50)
  }
  throw new Error('waited for 20 s in vain')
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill()
  await exit
}

const prelude = `
import sys
from scapy.all import *
conf.verb = 0
sock = conf.L2socket(iface='eth0')
def send(*frames):
    for frame in frames: sock.send(frame)
for line in sys.stdin:
    exec(line.replace(chr(7), chr(10)))
    print('sent', flush=True)
`

function startScapy(namespace: string, children: ChildProcess[]): (code: string) => Promise<void> {
  const child = spawn('ip', ['netns', 'exec', namespace, '/usr/bin/python3', '-c', prelude], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const answers = createInterface({input: child.stdout})[Symbol.asyncIterator]()
  return async (code) => {
    child.stdin.write(`${code.replaceAll('\n', '\u0007')}\n`)
    const {done} = await answers.next()
    if (done === true) throw new Error(`scapy failed at: ${code}`)
  }
}
