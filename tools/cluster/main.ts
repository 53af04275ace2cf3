import {importImage} from './containerd.ts'
import {createCluster, isUp} from './lifecycle.ts'
import {defaultRunDirectory, nodeNamed, nodes, pathsOf} from './layout.ts'
import {setLink} from './network.ts'
import {killDaemon, restartDaemon} from './processes.ts'
import {removeCluster} from './teardown.ts'
import {createUser} from './access.ts'

const directory = process.env['KUBECTL_IPV6_CLUSTER'] ?? defaultRunDirectory
const paths = pathsOf(directory)
const print = (text: string) => process.stdout.write(`${text}\n`)

interface Verb {
  readonly usage: string
  readonly run: (operands: readonly string[]) => Promise<unknown>
}

const verbs: Readonly<Record<string, Verb>> = {
  up: {
    usage: 'up                        start the cluster unless it runs; prints its kubeconfig',
    run: async () => {
      const interrupted = new AbortController()
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
        process.once(name, () => interrupted.abort(new Error(name)))
      if (!isUp(directory)) await createCluster(directory, {signal: interrupted.signal})
      print(paths.kubeconfig('admin'))
    },
  },
  down: {usage: 'down                      remove it, whole or half started', run: () => removeCluster(directory)},
  load: {
    usage: 'load ARCHIVE              import an OCI archive into both nodes',
    run: ([archive = '']) => Promise.all(nodes.map((node) => importImage(paths, node, archive))),
  },
  stop: {
    usage:
      'stop COMPONENT            kill it: apiserver, etcd, scheduler, controller-manager, node2-kubelet, node1-containerd, node1-kube-proxy',
    run: ([name = '']) => killDaemon(paths, name),
  },
  start: {
    usage: 'start COMPONENT           start it again as it was',
    run: ([name = '']) => {
      restartDaemon(paths, name)
      return Promise.resolve()
    },
  },
  link: {
    usage: "link NODE up|down         join or cut a node's cable",
    run: ([name = '', state]) => setLink(nodeNamed(name), state === 'up' ? 'up' : 'down'),
  },
  user: {
    usage: 'user NAME [RULES]         kubeconfig of a user with these RBAC rules (JSON, as in a ClusterRole)',
    run: async ([name = '', rules = '[]']) => print(await createUser(paths, name, JSON.parse(rules) as [])),
  },
}

const [verb = '', ...operands] = process.argv.slice(2)
const chosen = verbs[verb]
if (chosen) {
  try {
    await chosen.run(operands)
  } catch (error) {
    process.stderr.write(`lab ${verb}: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
} else {
  process.stderr.write(
    `usage: lab VERB\n${Object.values(verbs)
      .map(({usage}) => `  ${usage}\n`)
      .join('')}`,
  )
  process.exitCode = 2
}
