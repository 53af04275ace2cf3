import type {IncomingMessage} from 'node:http'
import {ApiFailure, unreachable} from './api-failure.ts'
import {pathOf, type Place, type Query, send} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import type {Resource} from './objects.ts'

export interface Change<Kind> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: Kind
}

/** The API server ends a watch then, in order, and the caller starts the next one where this one stopped. */
const watchSeconds = 290

/** What happens to the objects from a version on. Ends when the server ends it; throws ApiFailure 410 when the version is too old. */
export async function* watch<Kind>(
  connection: ClusterConnection,
  resource: Resource<Kind>,
  {query, ...place}: Place & {readonly query: Query},
): AsyncGenerator<Change<Kind>> {
  const asked = {...query, watch: true, allowWatchBookmarks: true, timeoutSeconds: watchSeconds}
  const response = await send(connection, {
    method: 'GET',
    path: pathOf(resource, place),
    query: asked,
    signal: place.signal,
  })
  // A server that vanished without a word is noticed within half a minute.
  response.socket.setKeepAlive(true, 10_000)
  try {
    for await (const line of linesOf(response)) {
      const change = JSON.parse(line) as Change<Kind> | {type: 'ERROR'; object: {code?: number}} // as the API's watch format says
      if (change.type === 'ERROR') throw ApiFailure.from(change.object.code ?? 0, JSON.stringify(change.object))
      yield change
    }
  } catch (cause) {
    place.signal?.throwIfAborted()
    throw cause instanceof ApiFailure ? cause : unreachable(connection, cause)
  } finally {
    response.destroy()
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
}
