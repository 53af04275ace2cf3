import {bindPages} from './bind-pages.ts'
import {extensions} from './extension-rules.ts'
import {fragments} from './fragment-rules.ts'
import {dad} from './dad.ts'
import {resolution} from './resolution.ts'
import {advertisement} from './advertisement.ts'
import {bogon} from './bogon.ts'
import {neighbourIdentity} from './neighbour-identity.ts'
import {neighbourTable} from './neighbour-table.ts'
import {takeovers} from './takeover.ts'
import {pathMtu} from './path-mtu.ts'
import {mld} from './mld.ts'
import {redirects} from './redirect.ts'
import {routers} from './router.ts'
import {routerSolicitation} from './router-solicitation.ts'
import type {RuleKind, RulePage} from './rule.ts'
import {tooBigForged} from './too-big-forged.ts'
import {tooBigSuppressed} from './too-big-suppressed.ts'
import {validity} from './validity.ts'

/** Every rule there is. */
export const ruleKinds: readonly RuleKind[] = [
  validity,
  resolution,
  dad,
  advertisement,
  bogon,
  neighbourIdentity,
  takeovers,
  neighbourTable,
  routers,
  routerSolicitation,
  redirects,
  mld,
  extensions,
  fragments,
  pathMtu,
  tooBigForged,
  tooBigSuppressed,
]

/** By name. */
export const rulePages: readonly RulePage[] = [...ruleKinds.flatMap((kind) => kind.pages), ...bindPages].sort(
  (one, other) => (one.rule < other.rule ? -1 : 1),
)
