import {type IncomingMessage, request as httpRequest} from 'node:http'
import {request as httpsRequest, type RequestOptions} from 'node:https'
import {text as readAll} from 'node:stream/consumers'
import type {ClusterConnection} from './connection.ts'
import {notKubernetes, PluginError} from '../errors.ts'
import {ApiFailure, unreachable} from './api-failure.ts'
import type {Resource} from './objects.ts'

/** No request that is not a watch may take longer. */
const patienceMs = 8000
const noAnswer = `no answer within ${patienceMs / 1000} s`

export interface Place {
  readonly namespace?: string | undefined
  readonly name?: string
  readonly signal?: AbortSignal | undefined
}

export interface Query {
  readonly fieldSelector?: string | undefined
  readonly labelSelector?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly limit?: number
  readonly continue?: string | undefined
}

interface Sent {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: object
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

interface ListOf<Kind> {
  readonly metadata?: {readonly resourceVersion?: string; readonly continue?: string}
  readonly items?: readonly Kind[]
}

export function pathOf<Kind>(resource: Resource<Kind>, {namespace, name}: Place): string {
  const inside = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  const one = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return `${resource.group}${inside}/${resource.name}${one}`
}

export async function get<Kind>(connection: ClusterConnection, resource: Resource<Kind>, place: Place): Promise<Kind> {
  return (await ask(connection, {method: 'GET', path: pathOf(resource, place), signal: place.signal})) as Kind // the API answers with the kind that the path names
}

export async function list<Kind>(
  connection: ClusterConnection,
  resource: Resource<Kind>,
  {query, ...place}: Place & {readonly query?: Query},
): Promise<ListOf<Kind>> {
  const sent = {method: 'GET', path: pathOf(resource, place), query: query ?? {}, signal: place.signal} as const
  return (await ask(connection, sent)) as ListOf<Kind> // as in get
}

export async function create<Kind>(
  connection: ClusterConnection,
  resource: Resource<Kind>,
  {body, ...place}: Place & {readonly body: object},
): Promise<Kind> {
  return (await ask(connection, {method: 'POST', path: pathOf(resource, place), body, signal: place.signal})) as Kind // as in get
}

export interface RemoveOptions extends Place {
  readonly graceSeconds?: number
  /** Nothing but this very object is deleted. */
  readonly uid?: string | undefined
}

/** Asks for the deletion; an object that is gone already is a success. */
export async function remove<Kind>(
  connection: ClusterConnection,
  resource: Resource<Kind>,
  {graceSeconds, uid, ...place}: RemoveOptions,
): Promise<void> {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(graceSeconds !== undefined && {gracePeriodSeconds: graceSeconds}),
    ...(uid !== undefined && {preconditions: {uid}}),
  }
  try {
    await ask(connection, {method: 'DELETE', path: pathOf(resource, place), body, signal: place.signal})
  } catch (cause) {
    // Another uid (409) means that ours is gone and the name was taken again.
    if (!(cause instanceof ApiFailure) || (cause.status !== 404 && cause.status !== 409)) throw cause
  }
}

async function ask(connection: ClusterConnection, sent: Sent): Promise<unknown> {
  const limit = AbortSignal.timeout(patienceMs)
  const signal = sent.signal === undefined ? limit : AbortSignal.any([limit, sent.signal])
  try {
    const response = await send(connection, {...sent, signal})
    return objectIn(await readAll(response), connection)
  } catch (cause) {
    sent.signal?.throwIfAborted()
    if (limit.aborted) throw unreachable(connection, noAnswer)
    // Anything else is a connection that broke in the middle of the answer.
    throw cause instanceof ApiFailure || cause instanceof PluginError ? cause : unreachable(connection, cause)
  }
}

/** What stands before the API server may answer too, with a page. */
function objectIn(body: string, {server}: ClusterConnection): object {
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch (cause) {
    throw notKubernetes(server, cause)
  }
  if (typeof answer !== 'object' || answer === null) throw notKubernetes(server)
  return answer
}

/** Resolves with the answer's headers read, if it is a success; the body is the caller's. */
export async function send(connection: ClusterConnection, sent: Sent): Promise<IncomingMessage> {
  const {agent, headers} = await connection.access()
  const url = new URL(connection.server + sent.path)
  for (const [key, value] of Object.entries(sent.query ?? {}))
    if (value !== undefined) url.searchParams.set(key, String(value))
  const body = sent.body === undefined ? undefined : JSON.stringify(sent.body)
  const options = {
    method: sent.method,
    agent,
    headers: {...headers, accept: 'application/json', ...bodyHeaders(body)},
    ...(sent.signal && {signal: sent.signal}),
  }
  const response = await exchange(connection, {url, options, body})
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) return response
  throw ApiFailure.from(status, await readAll(response))
}

/** Node sends a DELETE's body without its length, which the server then takes for the next request. */
const bodyHeaders = (body: string | undefined): Record<string, string | number> =>
  body === undefined ? {} : {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)}

interface Exchange {
  readonly url: URL
  readonly options: RequestOptions
  readonly body: string | undefined
}

async function exchange(connection: ClusterConnection, {url, options, body}: Exchange): Promise<IncomingMessage> {
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest
  for (;;) {
    const request = start(url, options)
    const impatience = setTimeout(() => request.destroy(new Error(noAnswer)), patienceMs)
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        request.once('response', resolve)
        request.on('error', reject)
        request.end(body)
      })
    } catch (cause) {
      // A kept connection that the server closed meanwhile: RFC 9112 §9.3.1 allows to send again what it cannot have seen.
      if (request.reusedSocket && (cause as NodeJS.ErrnoException).code === 'ECONNRESET') continue
      options.signal?.throwIfAborted()
      throw unreachable(connection, cause)
    } finally {
      clearTimeout(impatience)
    }
  }
}
