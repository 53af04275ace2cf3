import type {Metadata} from './objects.ts'

/** A CronJob names its Jobs after the minute they are for (pkg/controller/cronjob/utils.go, getJobName). */
const cronSuffix = /^(.+)-(\d{8})$/
/** Jobs start late, not that late. */
const cronSlackMinutes = 7 * 24 * 60

/** What a person calls the pod's owner: the Deployment, not the ReplicaSet it made; the CronJob, not its Job. */
export function workloadOf({ownerReferences = [], labels = {}, creationTimestamp = ''}: Metadata): string | undefined {
  const owner = ownerReferences.find(({controller}) => controller === true) ?? ownerReferences[0]
  // The kubelet's own static pods are owned by their Node.
  if (owner === undefined || owner.kind === 'Node') return undefined
  if (owner.kind === 'ReplicaSet') return deploymentOf(owner.name, labels['pod-template-hash'])
  if (owner.kind === 'Job') return cronJobOf(owner.name, Date.parse(creationTimestamp))
  return `${owner.kind}/${owner.name}`
}

function deploymentOf(replicaSet: string, hash: string | undefined): string {
  const isMade = hash !== undefined && replicaSet.endsWith(`-${hash}`)
  return isMade ? `Deployment/${replicaSet.slice(0, -hash.length - 1)}` : `ReplicaSet/${replicaSet}`
}

function cronJobOf(job: string, createdMs: number): string {
  const [, cronJob, minute] = cronSuffix.exec(job) ?? []
  const isMade = cronJob !== undefined && Math.abs(createdMs / 60_000 - Number(minute)) < cronSlackMinutes
  return isMade ? `CronJob/${cronJob}` : `Job/${job}`
}
