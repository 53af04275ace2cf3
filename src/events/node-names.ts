import {isLinkLocal} from '../address/scope.ts'
import type {NodeFacts} from '../protocol/facts.ts'
import {podBehind} from '../protocol/pod-behind.ts'
import {shortName} from './flow-text.ts'
import type {HeardPacket} from './ndp-message.ts'
import type {EndName, Names} from './names.ts'

/** So many MACs and addresses are remembered; then the oldest make room. */
const most = 4096

/** Who is who on one node: addresses by the API, MACs and link-local addresses by the interfaces they belong to or come out of. */
export class NodeNames {
  readonly #names: Names
  readonly #own = new Map<string, string>()
  readonly #pods = new Map<string, string>()
  /** Addresses by MAC, as the kernel has them or had them. */
  readonly #neighbours = new Map<string, string>()
  #facts: NodeFacts | undefined

  constructor(names: Names) {
    this.#names = names
  }

  learn(facts: NodeFacts): void {
    const {interfaces, neighbours} = facts
    this.#facts = facts
    for (const {mac, ip, proxy} of neighbours.known)
      if (mac !== undefined && !proxy && !isLinkLocal(ip)) remember(this.#neighbours, mac, ip)
    this.#own.clear()
    // A bridge has the MAC of one of its ports: what has addresses is what answers for it.
    for (const each of interfaces.toSorted((a, b) => a.addresses.length - b.addresses.length)) {
      const label = `this node's ${each.name}`
      if (each.mac !== undefined && each.kind !== 'loopback') this.#own.set(each.mac, label)
      for (const {ip} of each.addresses) if (isLinkLocal(ip)) this.#own.set(ip, label)
    }
  }

  /** What comes out of a pod's interface is the pod's, whatever it claims. */
  hear({interface: name, direction, packet}: Omit<HeardPacket, 'node'>): void {
    if (direction !== 'ingress') return
    const pod = this.podOfInterface(name)
    if (pod === undefined) return
    const source = packet.ip?.source ?? ''
    if (packet.sourceMac !== undefined) remember(this.#pods, packet.sourceMac, pod)
    if (isLinkLocal(source)) remember(this.#pods, source, pod)
  }

  /** The pod at the other end of one of the node's interfaces. */
  podOfInterface(name: string): string | undefined {
    if (this.#facts === undefined) return undefined
    return shortName(
      podBehind(this.#facts, name, {
        podOf: (uid) => this.#names.podOf?.(uid),
        podAt: (ip) => withPod(this.#names.lookup(ip)),
      }),
    )
  }

  /** Of an address or a MAC. */
  readonly labelOf = (text: string): string | undefined => {
    const own = this.#own.get(text)
    const pod = this.#pods.get(text)
    if (own !== undefined && pod !== undefined) return `${own}, also claimed by ${pod}`
    return own ?? pod ?? shortName(this.#names.lookup(this.#neighbours.get(text) ?? text))
  }
}

const withPod = (found: EndName | undefined): EndName | undefined => (found?.pod === undefined ? undefined : found)

function remember(known: Map<string, string>, text: string, whose: string): void {
  known.delete(text)
  const [oldest] = known.keys()
  if (oldest !== undefined && known.size >= most) known.delete(oldest)
  known.set(text, whose)
}
