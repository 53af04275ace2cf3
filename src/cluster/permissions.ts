import {notAllowed} from '../errors.ts'
import {explain, isCode, isStatus} from './api-failure.ts'
import {create} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import {accessReviews, selfReviews} from './objects.ts'

/** Looked at before anything is created: a pod that cannot be watched or removed must not begin. (`create` on pods/portforward is asked for since Kubernetes 1.35 only; its refusal is told when it happens.) */
const needed = [
  {verb: 'create', resource: 'pods'},
  {verb: 'get', resource: 'pods'},
  {verb: 'watch', resource: 'pods'},
  {verb: 'delete', resource: 'pods'},
  {verb: 'get', resource: 'pods', subresource: 'portforward'},
] as const

/** Throws unless this user may launch, reach and remove an agent there. Where the API server does not answer the question, the requests themselves will. */
export async function checkPermissions(
  connection: ClusterConnection,
  namespace: string,
  signal?: AbortSignal,
): Promise<void> {
  const answers = await Promise.all(needed.map((each) => isDenied(connection, {...each, namespace}, signal)))
  const denied = needed.filter((_, at) => answers[at])
  const [first] = denied
  if (first === undefined) return
  const words = denied.map(
    (each) => `${each.verb} ${each.resource}${'subresource' in each ? `/${each.subresource}` : ''}`,
  )
  const [verb = '', ...rest] = words.join(', ').split(' ')
  throw notAllowed({user: await nameOfUser(connection, signal), verb, resource: rest.join(' '), namespace})
}

/** As the API server knows it, which a role is bound to; a kubeconfig may call the same user otherwise. */
async function nameOfUser(connection: ClusterConnection, signal: AbortSignal | undefined): Promise<string> {
  const body = {apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview'}
  try {
    const {status} = await create(connection, selfReviews, {body, signal})
    return status?.userInfo?.username ?? connection.user
  } catch (cause) {
    // Kubernetes has it since 1.28, and an administrator may forbid it.
    if (isStatus(cause, 403, 404)) return connection.user
    throw cause
  }
}

async function isDenied(
  connection: ClusterConnection,
  attributes: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {resourceAttributes: attributes},
  }
  try {
    const review = await create(connection, accessReviews, {body, signal})
    return review.status?.allowed === false
  } catch (cause) {
    const failure = explain(connection, cause, {verb: 'create', resource: 'selfsubjectaccessreviews'})
    if (isCode(failure, 'not-logged-in', 'login-failed', 'server-unreachable', 'bad-certificate')) throw failure
    return false
  }
}
