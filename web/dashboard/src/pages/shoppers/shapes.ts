/** What the API answers about people and their segments. */

import type { Money } from '../../api/shapes'

export type Presence = 'active' | 'idle' | 'gone'

/** Told to admins alone. */
export interface Account {
  name: string
  email: string
  username: string
}

export interface Place {
  person: string
  segment: string
  recency_score: number
  frequency_score: number
  monetary_score: number
  cluster: string | null
  orders: number
  undone_orders: number
  revenue: Money | null
  first_order_at: string | null
  last_order_at: string | null
  first_seen_at: string
  last_seen_at: string
  product_views: number
  basket_adds: number
  chance_alive: number | null
  expected_orders: number | null
  value: Money | null
  position: number
}

export interface PersonSummary {
  person: string
  presence: Presence
  account?: Account | null
  place: Place
}

export interface Visit {
  visit_id: number
  visitor: string
  presence: Presence
  started_at: string
  ended_at: string
  entry_page: string
  exit_page: string
  source: string
  device: string
  page_views: number
  product_views: number
  items_added: number
  orders: number
  dwell_ms: number
  outcome: Outcome
}

export type Outcome = 'ordered' | 'checkout' | 'basket' | 'product' | 'browsed' | 'bounced'

export interface Factor {
  feature: string
  value: number | null
  effect: number
  text: string
}

export interface Score {
  score: number
  model: string
  offer_pays: boolean
  factors: readonly Factor[]
}

export interface ScoredVisitor {
  visitor: string
  scores: {
    outcome: '' | 'ordered' | 'abandoned' | 'left'
    intent: Score
    abandonment: Score | null
    degraded: string
    as_of_position: number
  }
  trail: readonly { at: string; intent: number }[]
}

export interface Basket {
  owner: string
  items: readonly { product_id: string; quantity: number; unit_price: Money }[]
  total: Money | null
  last_activity_at: string
}

export interface Person {
  person: string
  presence: Presence
  account?: Account | null
  known: {
    registered_at: string
    source: string
    country: string
    consent: Readonly<Record<string, boolean>>
    is_erased: boolean
  } | null
  visitors: readonly string[]
  visits: readonly Visit[]
  intents: readonly ScoredVisitor[]
  baskets: readonly Basket[]
  place: Place | null
  segments: readonly { segment_id: string; name: string; since: string; position: number }[]
}

export interface TimelineItem {
  position: number
  topic: string
  occurred_at: string
  visitor?: string
  product_id?: string
  quantity?: number
  price?: Money
  lines?: readonly { product_id: string; quantity: number; unit_price_minor?: number }[]
  total_minor?: number
  refund_minor?: number
  currency?: string
  order_id?: string
  rating?: number
  milliseconds?: number
  percent?: number
  page?: string
  search?: string
  placement?: string
  rank?: number
  name?: string
}

interface MoneyShare {
  money: Money
  share: number | null
}

export interface SegmentSize {
  name: string
  meaning: string
  action: string
  shoppers: number
  customers: number
  customer_share: number | null
  revenue: readonly MoneyShare[]
  value: readonly MoneyShare[]
}

export interface Move {
  month: string
  before: string
  after: string
  customers: number
}

export interface Segments {
  status: 'fitted' | 'no_fit'
  fit: {
    as_of: string
    customers: number
    stability: number | null
    worth: { margin: number; horizon_days: number; yearly_discount: number }
    absent: Readonly<Record<string, string>>
  } | null
  shoppers: number
  customers: number
  segments: readonly SegmentSize[]
  clusters: readonly SegmentSize[]
  moves: readonly Move[]
}

export interface OwnSegment {
  segment_id: string
  name: string
  description: string
  rule: Said
  members: number
  evaluation: {
    status: 'waiting' | 'evaluating' | 'live' | 'failed'
    done: number
    total: number
    error: string
  }
  defined_at: string
  changed_at: string
}

/** A rule as the API takes it. */
export type Said = Readonly<Record<string, unknown>>

export interface Preview {
  size: number
  of: number
  sample: readonly string[]
}
