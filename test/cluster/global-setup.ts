import {startCluster, whyNoCluster} from './lab.ts'

/** vitest's: one cluster for the whole run. The workers find it by KUBECTL_IPV6_CLUSTER. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (whyNoCluster() !== undefined) return undefined
  const cluster = await startCluster()
  process.env['KUBECTL_IPV6_CLUSTER'] = cluster.directory
  return () => cluster[Symbol.asyncDispose]()
}
