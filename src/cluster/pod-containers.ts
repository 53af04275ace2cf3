import {list} from './api.ts'
import {connect} from './connection.ts'
import type {ConnectOptions} from './kubeconfig.ts'
import {type Pod, pods} from './objects.ts'

export interface NamedContainer {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

/** Containers of a node by their id without its scheme, host-network ones as well. None where pods may not be listed. */
export async function containersOn(
  node: string,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NamedContainer>> {
  const connection = connect(options)
  try {
    const {items = []} = await list(connection, pods, {query: {fieldSelector: `spec.nodeName=${node}`}, signal})
    return containersIn(items)
  } catch {
    // Names are a comfort: who may not list pods everywhere is told pids.
    return new Map()
  } finally {
    connection.close()
  }
}

/** By their id without its scheme. One that the kubelet has not started yet has none: it holds nothing. */
export const containersIn = (items: readonly Pod[]): ReadonlyMap<string, NamedContainer> =>
  new Map(
    items.flatMap(({metadata: {namespace = '', name = ''} = {}, status = {}}) =>
      [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].flatMap(
        ({containerID = '', name: container}) =>
          containerID === '' ? [] : [[containerID.replace(/^.*:\/\//, ''), {namespace, pod: name, container}]],
      ),
    ),
  )
