import {
  apiRefused,
  badCertificate,
  badCredentialFile,
  loginExpired,
  notAllowed,
  PluginError,
  serverUnreachable,
} from '../errors.ts'
import type {ClusterConnection} from './connection.ts'

/** The API server's `Status`, for a request that it refused. */
export class ApiFailure extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, {message, reason}: {readonly message: string; readonly reason: string}) {
    super(message)
    this.name = 'ApiFailure'
    this.status = status
    this.reason = reason
  }

  static from(status: number, body: string): ApiFailure {
    const {message, reason} = statusIn(body)
    return new ApiFailure(status, {message: message ?? (body.trim() || `HTTP ${status}`), reason: reason ?? ''})
  }
}

function statusIn(body: string): {readonly message?: string; readonly reason?: string} {
  try {
    const status = JSON.parse(body) as {message?: unknown; reason?: unknown} | null // read field by field below
    return {
      ...(typeof status?.message === 'string' && {message: status.message}),
      ...(typeof status?.reason === 'string' && {reason: status.reason}),
    }
  } catch {
    return {} // a proxy in between answers with text
  }
}

export const isStatus = (cause: unknown, ...statuses: readonly number[]): boolean =>
  cause instanceof ApiFailure && statuses.includes(cause.status)

export const isCode = (cause: unknown, ...codes: readonly string[]): boolean =>
  cause instanceof PluginError && codes.includes(cause.code)

const lasting = [
  'no-kubeconfig',
  'bad-kubeconfig',
  'not-in-kubeconfig',
  'not-allowed',
  'node-not-found',
  'pod-not-found',
]

/** Trying again does not change it: the user may not, or the node or pod is gone, and with it what was on it. */
export const isLasting = (cause: unknown): boolean => isCode(cause, ...lasting)

const certificateCodes =
  /^(CERT_|ERR_TLS_CERT|ERR_SSL|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|INVALID_CA)/

/** A connection that failed before an answer came. */
export function unreachable(connection: ClusterConnection, cause: unknown): PluginError {
  if (typeof cause === 'string') return serverUnreachable(connection.server, cause)
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const message = cause instanceof Error ? firstMessage(cause) : String(cause)
  if (code.startsWith('ERR_OSSL')) return badCredentialFile(message, cause)
  if (certificateCodes.test(code)) return badCertificate(connection.server, message, cause)
  return serverUnreachable(connection.server, message, cause)
}

/** Node tries every address of a name and reports each failure; the first says enough. */
function firstMessage(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  return first instanceof Error ? first.message : error.message
}

export interface Attempt {
  readonly verb: string
  /** As RBAC names it: `pods`, `pods/portforward`. */
  readonly resource: string
  readonly namespace?: string | undefined
}

/** The API server's refusal as what the user can act on. */
export function explain(connection: ClusterConnection, cause: unknown, attempt: Attempt): unknown {
  if (!(cause instanceof ApiFailure)) return cause
  if (cause.status === 401) return loginExpired(connection.user, connection.server, cause)
  // RBAC's sentence; admission's refusals are 403 too, and say what they do not like.
  const refused = /^.*?User "(.*?)" cannot (\S+) resource "(.*?)"/s.exec(cause.message)
  if (cause.status === 403 && refused !== null)
    return notAllowed({...attempt, verb: refused[2] ?? attempt.verb, user: refused[1] ?? connection.user}, cause)
  return apiRefused(`${attempt.verb} ${attempt.resource}`, cause.message, cause)
}
