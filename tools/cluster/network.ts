import {bridge, nodes, ranges, type NodeLayout} from './layout.ts'
import {allSettled, run, runs} from './processes.ts'

const ip = (line: string) => run(['ip', ...line.split(' ')])
const inNode = (node: NodeLayout, line: string) => ip(`-n ${node.name} ${line}`)

/** The veth's end in the root namespace. */
const uplink = (node: NodeLayout) => `${node.name}-uplink`

export async function createNetwork(): Promise<void> {
  await ip(`link add ${bridge.name} type bridge`)
  await ip(`link set ${bridge.name} up`)
  await ip(`address add ${bridge.addresses[0]}/24 dev ${bridge.name}`)
  await ip(`address add ${bridge.addresses[1]}/64 dev ${bridge.name} nodad`)
  await allSettled(nodes.map(createNode))
}

async function createNode(node: NodeLayout): Promise<void> {
  await ip(`netns add ${node.name}`)
  await ip(`link add ${uplink(node)} type veth peer name eth0 netns ${node.name}`)
  await ip(`link set ${uplink(node)} master ${bridge.name} up`)
  await inNode(node, 'link set lo up')
  await inNode(node, 'link set eth0 up')
  await inNode(node, `address add ${node.addresses[0]}/24 dev eth0`)
  await inNode(node, `address add ${node.addresses[1]}/64 dev eth0 nodad`)
  await run(['ip', 'netns', 'exec', node.name, 'sh', '-c', forwarding])
  for (const other of nodes.filter((each) => each !== node)) {
    await inNode(node, `route add ${other.podRanges[0]} via ${other.addresses[0]}`)
    await inNode(node, `route add ${other.podRanges[1]} via ${other.addresses[1]}`)
  }
  // No default route: nothing may leave the machine. kube-proxy rewrites Service addresses after this look-up.
  await inNode(node, `route add ${ranges.services[0]} via ${bridge.addresses[0]}`)
  await inNode(node, `route add ${ranges.services[1]} via ${bridge.addresses[1]}`)
}

const forwarding = 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'

/** Cuts a node from the cluster, or joins it again: its cable, seen from outside. */
export const setLink = (node: NodeLayout, state: 'up' | 'down') => ip(`link set ${uplink(node)} ${state}`)

export async function removeNetwork(): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      // Deleting the link first: a namespace that a dying process still holds would keep it, and the next start its name.
      await runs(['ip', 'link', 'delete', uplink(node)])
      await runs(['ip', 'netns', 'delete', node.name])
    }),
  )
  await runs(['ip', 'link', 'delete', bridge.name])
}
