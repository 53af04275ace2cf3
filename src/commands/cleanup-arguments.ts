import {entersPod, type LaunchOptions, type NodeTarget, type Toleration} from '../cluster/manifest.ts'

/** Of `cleanup`, for what a killed agent left there: the same agent, launched in the same way. */
export function cleanupArguments(target: NodeTarget, launch: LaunchOptions): readonly string[] {
  const {agentNamespace, image, imagePullPolicy, imagePullSecrets = [], profile, tolerations = []} = launch
  const {node, pod} = target
  const place = entersPod(target) && pod ? [`--namespace=${pod.namespace}`, `pod/${pod.name}`] : [`node/${node}`]
  return [
    `--agent-namespace=${agentNamespace}`,
    `--agent-image=${image}`,
    ...(imagePullPolicy === undefined ? [] : [`--image-pull-policy=${imagePullPolicy}`]),
    ...imagePullSecrets.map((each) => `--image-pull-secret=${each}`),
    ...tolerations.map((each) => `--toleration=${tolerationText(each)}`),
    `--profile=${profile}`,
    ...place,
  ]
}

const tolerationText = ({key = '', value, effect}: Toleration): string =>
  `${key}${value === undefined ? '' : `=${value}`}${effect === undefined ? '' : `:${effect}`}`
