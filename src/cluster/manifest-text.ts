import {dumpYaml} from '@kubernetes/client-node'
import type {PodManifest} from './manifest.ts'

/** As `kubectl apply -f -` takes it; for --dry-run. */
export const manifestText = (manifests: readonly PodManifest[], form: 'yaml' | 'json'): string =>
  form === 'json'
    ? `${JSON.stringify({apiVersion: 'v1', kind: 'List', items: manifests}, undefined, 2)}\n`
    : manifests.map((manifest) => `---\n${dumpYaml(manifest, {lineWidth: -1})}`).join('')
