import type {Service} from './objects.ts'

/** Without a selector somebody says by hand where its packets go; but for the API server's own. */
export const isMadeByHand = ({metadata = {}, spec = {}}: Service): boolean =>
  Object.keys(spec.selector ?? {}).length === 0 &&
  spec.type !== 'ExternalName' &&
  !(metadata.namespace === 'default' && metadata.name === 'kubernetes')
