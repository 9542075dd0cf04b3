/** What the API answers about models and recommendations. */

import type { Money } from '../../api/shapes'

export type Placement = 'home' | 'product' | 'basket' | 'email'
export const PLACEMENTS: readonly Placement[] = ['home', 'product', 'basket', 'email']

export interface Outcomes {
  model: string
  placement: Placement
  lists: number
  products: number
  clicked_lists: number
  click_rate: number | null
  clicks: number
  views: number
  basket_adds: number
  orders: number
  revenue: Money[]
}

export interface DayOutcomes extends Outcomes {
  day: string
}

export interface ServedAnswer {
  from: string
  to: string
  items: DayOutcomes[]
  totals: Outcomes[]
}

export interface Drift {
  at: string
  visits: number
  features: Readonly<Record<string, number>>
  expected: number
  observed: number
  is_miscalibrated: boolean
}

export type Scores = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface Model {
  kind: string
  version: string
  until: number
  settings: Readonly<Record<string, unknown>>
  scores: Scores
  trained_at: string
  promoted_at: string | null
  is_champion: boolean
  is_shadow: boolean
  drift: Drift | null
}

export type RuleAction = 'pin' | 'boost' | 'bury' | 'diversify'

export interface Rule {
  rule_id: string
  action: RuleAction
  product_id: string
  category: string
  place: number
  factor: number
  strength: number
  placement: '' | Placement
  starts_at: string | null
  ends_at: string | null
  note: string
  set_at: string | null
  changed_at: string | null
}

export interface Estimate {
  value: number
  low: number
  high: number
}

export interface Judgement {
  lists: number
  visitors: number
  clicks: number
  served: Estimate
  rival: Estimate
  ips: Estimate
  snips: Estimate
  doubly_robust: Estimate
  gain: Estimate
  effective_sample: number
  largest_weight: number
  support: number
  verdict: 'better' | 'worse' | 'no_conclusion'
  doubts: { code: string; detail: string }[]
}

export interface HitRates {
  cases: number
  at_1: number
  at_5: number
  at_count: number
}

export interface ReplayReport {
  agreement: number
  has_hindsight: boolean
  clicks: Judgement
  hits: Readonly<Record<string, { policy: HitRates; served: HitRates }>>
}

export interface Replay {
  replay_id: string
  policy: string
  placement: Placement
  from: number
  to: number
  allow_hindsight: boolean
  status: 'requested' | 'running' | 'done' | 'failed' | 'cancelled'
  done: number
  total: number
  error_code: string
  error: string
  requested_by: string
  requested_at: string
  finished_at: string | null
  result: ReplayReport | null
}
