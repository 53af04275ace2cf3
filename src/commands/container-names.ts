import type {ConnectOptions} from '../cluster/kubeconfig.ts'
import type {NamedContainer} from '../cluster/pod-containers.ts'
import type {NodeState} from '../events/node-state.ts'
import type {HeldSocket} from '../protocol/binding.ts'

/** By their id. */
export type Containers = ReadonlyMap<string, NamedContainer>

/** With the cluster's name of the container that its process is in. */
export function withName(socket: HeldSocket, containers: Containers): HeldSocket {
  const {owner} = socket
  const named = containers.get(owner?.container ?? '')
  return owner === undefined || named === undefined ? socket : {...socket, owner: {...owner, named}}
}

/** What the cluster calls the containers of its nodes, asked for again when a process is in one that was not met yet. */
export class ContainerNames {
  readonly #cluster: ConnectOptions
  readonly #signal: AbortSignal
  readonly #known = new Map<string, NamedContainer>()
  readonly #met = new Set<string>()

  constructor(cluster: ConnectOptions, signal: AbortSignal) {
    this.#cluster = cluster
    this.#signal = signal
  }

  /** With their names; as they are on this machine, where no cluster is asked. */
  async name({node, target}: NodeState, sockets: readonly HeldSocket[]): Promise<readonly HeldSocket[]> {
    const strangers = sockets
      .flatMap(({owner}) => owner?.container ?? [])
      .filter((id) => !this.#known.has(id) && !this.#met.has(id))
    if (target !== 'local' && strangers.length > 0) {
      for (const id of strangers) this.#met.add(id)
      // The Kubernetes client is heavy: a look at this machine never loads it.
      const {containersOn} = await import('../cluster/pod-containers.ts')
      for (const [id, named] of await containersOn(node, this.#cluster, this.#signal)) this.#known.set(id, named)
    }
    return sockets.map((socket) => withName(socket, this.#known))
  }
}
