import {expect, test} from 'vitest'
import {containersIn} from '../../src/cluster/pod-containers.ts'

const pod = (containerID?: string) => ({
  metadata: {namespace: 'shop', name: 'web-0'},
  status: {containerStatuses: [{name: 'main', ...(containerID !== undefined && {containerID})}]},
})

test('a container that has not started has no id, and no process is its own', () => {
  const started = {namespace: 'shop', pod: 'web-0', container: 'main'}
  expect([...containersIn([pod(), pod(''), pod('containerd://4b58')])]).toEqual([['4b58', started]])
})
