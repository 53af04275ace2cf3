import {issue, writeKubeconfig} from './certificates.ts'
import {kubectl} from './lifecycle.ts'
import type {Paths} from './layout.ts'

/** As in a ClusterRole. */
export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** A user who may do exactly what the rules say, in every namespace; returns the kubeconfig's path. */
export async function createUser(paths: Paths, name: string, rules: readonly Rule[]): Promise<string> {
  await issue(paths, `user-${name}`, {user: name})
  const rbac = {apiVersion: 'rbac.authorization.k8s.io/v1'}
  const subjects = [{kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io'}]
  const roleRef = {kind: 'ClusterRole', name: `user:${name}`, apiGroup: 'rbac.authorization.k8s.io'}
  const items = [
    {...rbac, kind: 'ClusterRole', metadata: {name: `user:${name}`}, rules},
    {...rbac, kind: 'ClusterRoleBinding', metadata: {name: `user:${name}`}, subjects, roleRef},
  ]
  await kubectl(paths, ['apply', '-f', '-'], JSON.stringify({apiVersion: 'v1', kind: 'List', items}))
  return writeKubeconfig(paths, `user-${name}`, '127.0.0.1')
}
