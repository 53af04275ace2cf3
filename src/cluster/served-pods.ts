import {explain} from './api-failure.ts'
import {list} from './api.ts'
import {type ClusterConnection, connect} from './connection.ts'
import type {ConnectOptions} from './kubeconfig.ts'
import {type EndpointSlice, endpointSlices, type Pod, pods, type Resource, type Service, services} from './objects.ts'
import {isMadeByHand} from './service-by-hand.ts'

/** What the cluster has to say of a node's sockets. */
export interface Serving {
  /** Of the node. */
  readonly pods: readonly Pod[]
  /** Of the whole cluster. */
  readonly services: readonly Service[]
  /** Of the whole cluster, where a Service has no selector: somebody says by hand where its packets go. */
  readonly slices: readonly EndpointSlice[]
  /** Why one of them is empty. */
  readonly refusals: readonly string[]
}

/** Who may not list them is told, and sees sockets without names. */
export async function readServing(node: string, options: ConnectOptions, signal: AbortSignal): Promise<Serving> {
  const connection = connect(options)
  const refusals: string[] = []
  const all = async <Kind>(resource: Resource<Kind>, fieldSelector?: string): Promise<readonly Kind[]> => {
    try {
      return (await list(connection, resource, {query: {fieldSelector}, signal})).items ?? []
    } catch (cause) {
      refusals.push(refusalText(connection, cause, resource.name))
      return []
    }
  }
  try {
    const [ownPods, allServices] = await Promise.all([all(pods, `spec.nodeName=${node}`), all(services)])
    const slices = allServices.some(isMadeByHand) ? await all(endpointSlices) : []
    return {pods: ownPods, services: allServices, slices, refusals}
  } finally {
    connection.close()
  }
}

function refusalText(connection: ClusterConnection, cause: unknown, resource: string): string {
  const refusal = explain(connection, cause, {verb: 'list', resource})
  return `What ${resource} say of these sockets is not known: ${refusal instanceof Error ? refusal.message : String(refusal)}`
}
