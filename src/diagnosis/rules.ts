import {extensions} from './extension-rules.ts'
import {fragments} from './fragment-rules.ts'
import {dad} from './dad.ts'
import {resolution} from './resolution.ts'
import type {RuleKind, RulePage} from './rule.ts'
import {validity} from './validity.ts'

/** Every rule there is. */
export const ruleKinds: readonly RuleKind[] = [validity, resolution, dad, extensions, fragments]

export const rulePages: readonly RulePage[] = ruleKinds.flatMap((kind) => kind.pages)
