import {isInAny} from './address-text.ts'
import type {Context} from './rule.ts'

/** What to do where a ClusterIP is asked for. */
export const untranslated =
  'On the node that asks: kube-proxy, or what replaces it, must run and have rules for it (nft list ruleset; ip6tables-save; ipvsadm -Ln), and the Service needs an IPv6 endpoint: kubectl get endpointslices.'

/** Whose an address is that nobody answers for, as evidence. */
export function ownership(target: string, context: Context): readonly string[] {
  const {cluster, node} = context
  if (node.isOwnAddress(target)) return [`${target} is an address of this node`]
  if (isClusterIp(target, context))
    return [`${target} is of the Service range: no link has it, and whoever asks for it has sent to it untranslated`]
  return cluster.serviceAddresses.includes(target)
    ? [`${target} is announced for a Service; no node answered for it`]
    : []
}

export const remedyFor = (target: string, context: Context): {readonly fix?: string} =>
  isClusterIp(target, context) ? {fix: untranslated} : {}

/** kube-proxy and its kin translate it where it is sent, and IPVS gives it to a device of the node: with either, no neighbour is asked for it. */
const isClusterIp = (target: string, {cluster, node}: Context): boolean =>
  !node.isOwnAddress(target) && isInAny(target, cluster.servicePrefixes)
