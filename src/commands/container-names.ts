import type {ConnectOptions} from '../cluster/kubeconfig.ts'
import type {NamedContainer} from '../cluster/pod-containers.ts'
import type {NodeState} from '../events/node-state.ts'
import type {HeldSocket} from '../protocol/binding.ts'

type Place = Pick<NodeState, 'node' | 'target'>

/** By their id. */
export type Containers = ReadonlyMap<string, NamedContainer>

/** With the cluster's name of the container that its process is in. */
export function withName(socket: HeldSocket, containers: Containers): HeldSocket {
  const {owner} = socket
  const named = containers.get(owner?.container ?? '')
  return owner === undefined || named === undefined ? socket : {...socket, owner: {...owner, named}}
}

/** The kubelet tells of a new container some seconds after it runs, and others never: they are not the cluster's. */
const [againMs, mostTries] = [5000, 6]

/** What the cluster calls the containers of its nodes, asked for again when a process is in one that was not met yet, or not told of then. */
export class ContainerNames {
  readonly #cluster: ConnectOptions
  readonly #signal: AbortSignal
  readonly #known = new Map<string, NamedContainer>()
  /** How often the cluster was asked when nobody knew them. */
  readonly #tries = new Map<string, number>()
  /** When a node may be asked about again. */
  readonly #dueMs = new Map<string, number>()

  constructor(cluster: ConnectOptions, signal: AbortSignal) {
    this.#cluster = cluster
    this.#signal = signal
  }

  /** With their names; as they are on this machine, where no cluster is asked. */
  async name(state: Place, sockets: readonly HeldSocket[]): Promise<readonly HeldSocket[]> {
    if (this.mayKnowMore(state, sockets)) {
      for (const id of this.#strangers(sockets)) this.#tries.set(id, (this.#tries.get(id) ?? 0) + 1)
      this.#dueMs.set(state.node, performance.now() + againMs)
      // The Kubernetes client is heavy: a look at this machine never loads it.
      const {containersOn} = await import('../cluster/pod-containers.ts')
      for (const [id, named] of await containersOn(state.node, this.#cluster, this.#signal)) this.#known.set(id, named)
    }
    return sockets.map((socket) => withName(socket, this.#known))
  }

  /** Some have no name, and it is time to ask. */
  mayKnowMore({node, target}: Place, sockets: readonly HeldSocket[]): boolean {
    if (target === 'local') return false
    const isDue = performance.now() >= (this.#dueMs.get(node) ?? 0)
    return this.#strangers(sockets).some((id) => (this.#tries.get(id) ?? 0) < (isDue ? mostTries : 1))
  }

  #strangers(sockets: readonly HeldSocket[]): readonly string[] {
    const met = new Set(sockets.flatMap(({owner}) => owner?.container ?? []))
    return [...met].filter((id) => !this.#known.has(id))
  }
}
