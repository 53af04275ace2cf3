import type {EndName} from './names.ts'

/** One filter on names: any of `wants` at one of the sides. Negated, none at either. */
export interface NameClause {
  readonly side: 'any' | 'source' | 'destination'
  readonly negate: boolean
  readonly wants: readonly NameWish[]
}

export type NameWish =
  | {readonly by: 'pod'; readonly namespace?: string; readonly prefix: string}
  | {readonly by: 'namespace'; readonly namespace: string}
  | {readonly by: 'service'; readonly namespace?: string; readonly service: string}
  | {readonly by: 'label'; readonly requirements: readonly LabelRequirement[]}

/** As in a kubectl selector; without `value` the key alone decides. */
export interface LabelRequirement {
  readonly key: string
  readonly value?: string
  readonly negate: boolean
}

export interface NamedEnds {
  readonly source: EndName | undefined
  readonly destination: EndName | undefined
}

export const matchesNames = (clauses: readonly NameClause[], ends: NamedEnds): boolean =>
  clauses.every(({side, negate, wants}) => {
    const looked = side === 'any' ? [ends.source, ends.destination] : [ends[side]]
    return looked.some((end) => end !== undefined && wants.some((wish) => isWished(wish, end))) !== negate
  })

export function isWished(wish: NameWish, end: EndName): boolean {
  switch (wish.by) {
    case 'pod':
      return end.pod?.startsWith(wish.prefix) === true && isIn(wish.namespace, end)
    case 'namespace':
      return end.namespace === wish.namespace
    case 'service':
      return end.service === wish.service && isIn(wish.namespace, end)
    case 'label':
      return end.labels !== undefined && wish.requirements.every((each) => meets(each, end.labels ?? {}))
  }
}

const isIn = (namespace: string | undefined, end: EndName): boolean =>
  namespace === undefined || end.namespace === namespace

function meets({key, value, negate}: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const found = labels[key]
  return (value === undefined ? found !== undefined : found === value) !== negate
}
