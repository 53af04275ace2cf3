import {type AddressPrefix, isWithin, parsePrefix} from '../address/prefix.ts'
import {formatBytes, parseAddress} from '../address/text.ts'
import {AddressBook} from './address-book.ts'
import type {Node, Pod, Service} from './objects.ts'
import {workloadOf} from './workload.ts'

/** Who has an address. */
export interface AddressName {
  readonly namespace?: string
  readonly pod?: string
  /** `Deployment/web`. */
  readonly workload?: string
  readonly service?: string
  readonly node?: string
  readonly labels?: Readonly<Record<string, string>>
}

type Selectors = Map<string, Readonly<Record<string, string>>>

/** About 60 MB; beyond, new pods stay without names. */
const mostPods = 100_000

export class NameTable {
  readonly #pods: AddressBook<AddressName>
  readonly #nodes: AddressBook<AddressName>
  readonly #services: AddressBook<AddressName>
  readonly #podRanges = new Map<string, readonly AddressPrefix[]>()
  readonly #selectors = new Map<string, Selectors>()

  constructor(now: () => number = Date.now) {
    this.#pods = new AddressBook(now)
    this.#nodes = new AddressBook(now)
    this.#services = new AddressBook(now)
  }

  /** Answers at once, with what is known by now. */
  lookup(ip: string): AddressName | undefined {
    const pod = this.#pods.lookup(ip)
    if (pod !== undefined) return this.#withService(pod)
    return this.#nodes.lookup(ip) ?? this.#services.lookup(ip) ?? this.#nodeOfRange(ip)
  }

  /** The pod of this UID, which its network namespace is known by, as long as it has addresses. */
  podOf(uid: string): AddressName | undefined {
    return this.#pods.nameOf(uid)
  }

  /** Pods that have addresses of their own, and services. */
  get podsAndServices(): readonly AddressName[] {
    return [...this.#pods.names.map((pod) => this.#withService(pod)), ...this.#services.names]
  }

  /** Of nodes, as the cluster gave them out. */
  get podPrefixes(): readonly string[] {
    return [...this.#podRanges.values()].flat().map(prefixText)
  }

  get nodeAddresses(): readonly string[] {
    return this.#nodes.addresses
  }

  /** ClusterIPs, external and load balancer addresses. */
  get serviceAddresses(): readonly string[] {
    return this.#services.addresses
  }

  setPod(pod: Pod): void {
    const uid = pod.metadata?.uid ?? ''
    const ips = addressesOf(pod)
    if (ips.length === 0) this.#pods.remove(uid)
    else if (this.#pods.has(uid) || this.#pods.size < mostPods) this.#pods.set(uid, podName(pod), ips)
  }

  removePod(uid: string): void {
    this.#pods.remove(uid)
  }

  setService(object: Service): void {
    const {uid = '', namespace = '', name = ''} = object.metadata ?? {}
    this.#services.set(uid, {namespace, service: name}, serviceAddresses(object))
    const selectors = this.#selectors.get(namespace) ?? (new Map() as Selectors) // an empty Map has no types yet
    this.#selectors.set(namespace, selectors)
    const selector = object.spec?.selector ?? {}
    if (Object.keys(selector).length === 0) selectors.delete(name)
    else selectors.set(name, selector)
  }

  removeService(uid: string): void {
    const {namespace = '', service = ''} = this.#services.remove(uid) ?? {}
    this.#selectors.get(namespace)?.delete(service)
  }

  setNode({metadata = {}, spec = {}, status = {}}: Node): void {
    const {uid = '', name = ''} = metadata
    const addresses = status.addresses?.filter(({type}) => type.endsWith('IP')).map(({address}) => address)
    this.#nodes.set(uid, {node: name}, canonical(addresses))
    const ranges = spec.podCIDRs ?? (spec.podCIDR === undefined ? [] : [spec.podCIDR])
    this.#podRanges.set(
      name,
      ranges.map(parsePrefix).filter((range) => range !== undefined),
    )
  }

  removeNode(uid: string): void {
    this.#podRanges.delete(this.#nodes.remove(uid)?.node ?? '')
  }

  /** Objects that are known and were not in a fresh list. */
  absent(kind: 'pods' | 'nodes' | 'services', present: ReadonlySet<string>): readonly string[] {
    return {pods: this.#pods, nodes: this.#nodes, services: this.#services}[kind].absent(present)
  }

  #withService(pod: AddressName): AddressName {
    const {namespace = '', labels = {}} = pod
    for (const [service, selector] of this.#selectors.get(namespace) ?? [])
      if (Object.entries(selector).every(([key, value]) => labels[key] === value)) return {...pod, service}
    return pod
  }

  /** A bridge or a gateway of the pods' network: no pod's address, but some node's. */
  #nodeOfRange(ip: string): AddressName | undefined {
    const bytes = parseAddress(ip)?.bytes
    if (bytes === undefined) return undefined
    for (const [node, ranges] of this.#podRanges) if (ranges.some((range) => isWithin(range, bytes))) return {node}
    return undefined
  }
}

/** A host-network pod's addresses are its node's; an ended pod's may be another's by now. */
function addressesOf({spec = {}, status = {}}: Pod): readonly string[] {
  const isOver = status.phase === 'Succeeded' || status.phase === 'Failed'
  return spec.hostNetwork === true || isOver ? [] : canonical(status.podIPs?.map(({ip}) => ip))
}

function podName({metadata = {}, spec = {}}: Pod): AddressName {
  const {namespace = '', name = '', labels = {}} = metadata
  const workload = workloadOf(metadata)
  return {
    namespace,
    pod: name,
    labels,
    ...(workload !== undefined && {workload}),
    ...(spec.nodeName !== undefined && {node: spec.nodeName}),
  }
}

function serviceAddresses({spec = {}, status = {}}: Service): readonly string[] {
  const balancers = status.loadBalancer?.ingress?.map(({ip}) => ip ?? '') ?? []
  return canonical([...(spec.clusterIPs ?? []), ...(spec.externalIPs ?? []), ...balancers])
}

/** The API takes any spelling, rows have RFC 5952's. A headless Service's `None` is no address. */
const canonical = (texts: readonly string[] = []): readonly string[] =>
  texts
    .map(parseAddress)
    .filter((address) => address !== undefined)
    .map(({bytes, family}) => formatBytes(bytes, family))

const prefixText = ({bytes, length, family}: AddressPrefix): string =>
  `${formatBytes(bytes, family)}/${family === 4 ? length - 96 : length}`
