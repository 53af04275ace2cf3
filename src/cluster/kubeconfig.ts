import {existsSync, statSync} from 'node:fs'
import {homedir} from 'node:os'
import {delimiter, dirname, isAbsolute, join} from 'node:path'
import {KubeConfig} from '@kubernetes/client-node'
import {badKubeconfig, badServer, noKubeconfig, notInKubeconfig} from '../errors.ts'
import {proxyFor} from './proxy.ts'

/** What kubectl's flags of the same names say. */
export interface ConnectOptions {
  readonly kubeconfig?: string
  readonly context?: string
  readonly cluster?: string
  readonly user?: string
  readonly as?: string
  readonly asGroup?: readonly string[]
  readonly namespace?: string
}

interface Settled {
  readonly config: KubeConfig
  readonly context: string
  readonly namespace: string
}

const inPod = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Reads and merges kubeconfigs as kubectl does: of several files, the first that says something wins, and missing ones do not matter. */
export function loadKubeconfig(options: ConnectOptions): Settled {
  const files = kubeconfigFiles(options.kubeconfig)
  const found = files.filter((file) => existsSync(file) && statSync(file).size > 0)
  if (found.length === 0) {
    if (options.kubeconfig === undefined && existsSync(inPod)) return settle(inCluster(), options)
    throw noKubeconfig(files.map((file) => (existsSync(file) ? `${file} is empty` : file)))
  }
  return settle(merge(found.map(load)), options)
}

function kubeconfigFiles(flag: string | undefined): readonly string[] {
  if (flag !== undefined && flag !== '') return [flag]
  const listed = process.env['KUBECONFIG']?.split(delimiter).filter((file) => file !== '')
  return listed === undefined || listed.length === 0 ? [join(homedir(), '.kube', 'config')] : listed
}

function load(file: string): KubeConfig {
  const config = new KubeConfig()
  try {
    config.loadFromFile(file)
  } catch (cause) {
    throw badKubeconfig(file, cause)
  }
  config.users = config.users.map((user) => prepareUser(user, dirname(file)))
  return config
}

function inCluster(): KubeConfig {
  const config = new KubeConfig()
  config.loadFromCluster()
  return config
}

/** The library's own merge throws on a name that two files share, and takes the last current-context. */
function merge(configs: readonly KubeConfig[]): KubeConfig {
  const merged = new KubeConfig()
  merged.loadFromOptions({
    clusters: firstOfEachName(configs.map((config) => config.clusters)),
    users: firstOfEachName(configs.map((config) => config.users)),
    contexts: firstOfEachName(configs.map((config) => config.contexts)),
    currentContext: configs.map((config) => config.currentContext as string | undefined).find((name) => name), // as below
  })
  return merged
}

function firstOfEachName<Named extends {readonly name: string}>(
  lists: readonly (readonly Named[])[],
): readonly Named[] {
  const byName = new Map<string, Named>()
  for (const each of lists.flat()) if (!byName.has(each.name)) byName.set(each.name, each)
  return [...byName.values()]
}

function settle(all: KubeConfig, options: ConnectOptions): Settled {
  const named = chosenContext(all, options)
  const cluster = chosen('cluster', options.cluster ?? named?.cluster ?? '', all.clusters)
  const userName = options.user ?? named?.user ?? ''
  const user = userName === '' ? {name: userName} : chosen('user', userName, all.users)
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [prepareCluster(cluster)],
    users: [withClusterForPlugin(user, cluster)],
    contexts: [{name: 'chosen', cluster: cluster.name, user: userName}],
    currentContext: 'chosen',
  })
  const namespace = options.namespace ?? named?.namespace ?? 'default'
  return {config, context: named?.name ?? cluster.name, namespace}
}

function prepareCluster(cluster: Cluster): Cluster {
  const proxyUrl = cluster.proxyUrl ?? proxyFor(serverUrl(cluster), process.env)
  // The library refuses plain http (`kubectl proxy`) unless certificates are not checked, which means nothing there.
  const skipTLSVerify = cluster.skipTLSVerify || cluster.server.startsWith('http:')
  return {...cluster, skipTLSVerify, ...(proxyUrl !== undefined && {proxyUrl})}
}

/** A host without a scheme parses too: `my-host:6443` has the scheme `my-host`. */
function serverUrl({name, server}: Cluster): URL {
  const url = URL.parse(server)
  if (url === null || !/^https?:$/.test(url.protocol)) throw badServer(name, server)
  return url
}

/** None is needed when --cluster says where to go. */
function chosenContext(all: KubeConfig, {context, cluster}: ConnectOptions): Context | undefined {
  const current = all.currentContext as string | undefined // typed as always set, it is not
  const wanted = context ?? current ?? ''
  const named = all.contexts.find(({name}) => name === wanted)
  if (named === undefined && (cluster === undefined || context !== undefined))
    throw notInKubeconfig('context', wanted, all.contexts)
  return named
}

function chosen<Named extends {readonly name: string}>(kind: string, wanted: string, known: readonly Named[]): Named {
  const found = known.find(({name}) => name === wanted)
  if (found === undefined) throw notInKubeconfig(kind, wanted, known)
  return found
}

type Context = KubeConfig['contexts'][number]
type User = KubeConfig['users'][number]
type Cluster = KubeConfig['clusters'][number]

interface ExecPlugin {
  readonly command?: string
  readonly apiVersion?: string
  readonly provideClusterInfo?: boolean
  readonly env?: readonly {readonly name: string; readonly value: string}[] | null
}

/** As kubectl: a plugin given by a relative path is looked for beside the kubeconfig. */
function prepareUser(user: User, folder: string): User {
  const exec = user.exec as ExecPlugin | null | undefined // the library leaves it untyped
  const command = exec?.command
  if (command === undefined || !command.includes('/') || isAbsolute(command)) return user
  return {...user, exec: {...exec, command: join(folder, command)}}
}

/** Plugins read their API version from KUBERNETES_EXEC_INFO, which the library does not set. */
function withClusterForPlugin(user: User, cluster: Cluster): User {
  const exec = user.exec as ExecPlugin | null | undefined // as above
  if (!exec) return user
  const described = {
    server: cluster.server,
    'certificate-authority-data': cluster.caData,
    'insecure-skip-tls-verify': cluster.skipTLSVerify,
    'tls-server-name': cluster.tlsServerName,
  }
  const value = JSON.stringify({
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: {interactive: false, ...(exec.provideClusterInfo === true && {cluster: described})},
  })
  return {...user, exec: {...exec, env: [...(exec.env ?? []), {name: 'KUBERNETES_EXEC_INFO', value}]}}
}
