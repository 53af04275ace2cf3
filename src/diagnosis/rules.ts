import type {RuleKind, RulePage} from './rule.ts'
import {validity} from './validity.ts'

/** Every rule there is. */
export const ruleKinds: readonly RuleKind[] = [validity]

export const rulePages: readonly RulePage[] = ruleKinds.flatMap((kind) => kind.pages)
