import {Agent as HttpAgent} from 'node:http'
import {Agent as HttpsAgent, type RequestOptions} from 'node:https'
import type {KubeConfig} from '@kubernetes/client-node'
import {loginPluginFailed} from '../errors.ts'
import {type ConnectOptions, loadKubeconfig} from './kubeconfig.ts'

export type {ConnectOptions} from './kubeconfig.ts'

/** What one request or WebSocket needs: the agent holds TLS and proxy, the headers who asks. */
export interface Access {
  readonly agent: HttpAgent
  readonly headers: Readonly<Record<string, string>>
}

/** The way to one cluster as one user. */
export class ClusterConnection {
  readonly options: ConnectOptions
  /** The API server's URL, possibly with a path, without a slash at the end. */
  readonly server: string
  readonly context: string
  readonly namespace: string
  /** The user's name in the kubeconfig; the cluster may know another. */
  readonly user: string
  readonly #config: KubeConfig
  #agent: HttpAgent | undefined
  #identity = ''

  constructor(options: ConnectOptions) {
    const {config, context, namespace} = loadKubeconfig(options)
    this.options = options
    this.#config = config
    this.server = config.getCurrentCluster()?.server ?? ''
    this.user = options.as ?? config.getCurrentUser()?.name ?? ''
    this.context = context
    this.namespace = namespace
  }

  /** Asked for each request, as credentials run out during a long run. The library keeps those that are still good. */
  async access(): Promise<Access> {
    const options: RequestOptions & {headers: Record<string, string>} = {headers: {}}
    try {
      await this.#config.applyToHTTPSOptions(options)
    } catch (cause) {
      throw loginPluginFailed(this.user, cause)
    }
    return {agent: this.#agentFor(options), headers: {...this.#headers(options)}}
  }

  /** Ends idle connections, which would hold the process for some seconds. */
  close(): void {
    this.#agent?.destroy()
  }

  #headers({headers, auth}: RequestOptions & {headers: Record<string, string>}): Record<string, string> {
    const {as, asGroup} = this.options
    if (auth) headers['Authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`
    if (as !== undefined) headers['Impersonate-User'] = as
    // Node sends a list as one header a value, which is how the API server wants groups.
    if (asGroup !== undefined && asGroup.length > 0) Object.assign(headers, {'Impersonate-Group': [...asGroup]})
    return headers
  }

  /** The library's agents open a connection a request; ours keeps them, as long as certificate and key stay the same. */
  #agentFor(options: RequestOptions): HttpAgent {
    if (this.#config.getCurrentCluster()?.proxyUrl) return options.agent as HttpAgent // the library's proxy agent
    const {ca, cert, key, passphrase, pfx, rejectUnauthorized, servername} = options
    const identity = JSON.stringify([cert, key])
    if (this.#agent === undefined || identity !== this.#identity) {
      const tls = {ca, cert, key, passphrase, pfx, rejectUnauthorized, servername}
      const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value != null))
      this.#agent = this.server.startsWith('https:')
        ? new HttpsAgent({...given, keepAlive: true})
        : new HttpAgent({keepAlive: true})
      this.#identity = identity
    }
    return this.#agent
  }
}

/** Reads the kubeconfig as kubectl would. Nothing is asked of the cluster yet. */
export const connect = (options: ConnectOptions): ClusterConnection => new ClusterConnection(options)
