import {entersPod, type NodeTarget} from '../cluster/manifest.ts'
import type {FlowSource, SourceEvent} from '../session/source.ts'

/** Where one agent looks. Two of them can be on one node: a node and a pod there, or two pods. */
export interface Place {
  readonly node: string
  /** As a person would name it: `node/worker-1`, `pod/web-0`. */
  readonly target: string
}

export const localPlace: Place = {node: 'local', target: 'local'}

export function placeOf({node, pod}: NodeTarget): Place {
  return pod === undefined ? {node, target: `node/${node}`} : {node, target: `pod/${pod.namespace}/${pod.name}`}
}

/** One word that tells a place from the others of the run; for a node it is the node's name. */
export const placeName = (target: NodeTarget): string =>
  entersPod(target) ? `${target.node} pod/${target.pod?.namespace ?? ''}/${target.pod?.name ?? ''}` : target.node

/** The events of one place under its own name. */
export async function* namedEvents(source: FlowSource, name: string): AsyncGenerator<SourceEvent, void> {
  for await (const event of source) yield {...event, node: name}
}
