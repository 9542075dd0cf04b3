/** What the API answers to the page's questions. */

import type { Money } from '../../api/shapes'

export interface Counts {
  visitors: number
  product_views: number
  items_added: number
  orders: number
  units: number
  revenue: readonly Money[]
}

export interface KpiBucket extends Counts {
  start: string
}

export interface Kpis {
  from: string
  to: string
  items: readonly KpiBucket[]
  total: KpiBucket
  basket_abandonment: { begun: number; abandoned: number; rate: number | null }
}

export interface FunnelRow {
  visits: number
  view: number
  basket: number
  checkout: number
  order: number
}

export interface Visit {
  visit_id: number
  visitor: string
  shopper_id: string
  presence: 'active' | 'idle' | 'gone'
  started_at: string
  ended_at: string
  exit_page: string
  source: string
  device: string
  product_views: number
  items_added: number
  orders: number
  outcome: string
  intent: number | null
}

export interface Visitors {
  presence: { active: number; idle: number; gone: number }
  items: readonly Visit[]
}

export interface ProductSales {
  product_id: string
  name: string
  orders: number
  units: number
  revenue: Money
  views: number
  basket_adds: number
}

export interface Trend {
  product_id: string
  name: string
  recent: number
  before: number
}

export interface Explained {
  metric: string
  from: string
  to: string
  items: {
    position: number
    stream_id: string
    topic: string
    occurred_at: string
    adds: number
    currency: string
  }[]
  next_page_token: string
}
