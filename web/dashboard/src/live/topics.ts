/** The topics that the dashboard follows, and what their items look like. A new one is one line. */

import type { Money } from '../api/shapes'

export interface KpiRow {
  bucket: 'minute' | 'hour' | 'day'
  bucket_start: string
  currency: string
  visitors: number
  page_views: number
  product_views: number
  clicks: number
  searches: number
  baskets_started: number
  items_added: number
  items_removed: number
  orders: number
  orders_cancelled: number
  units: number
  units_returned: number
  revenue_minor: number
  refund_minor: number
  registrations: number
  reviews: number
  bot_events: number
}

export interface ProductRow {
  product_id: string
  day: string
  currency: string
}

export interface FeedItem {
  position: number
  topic: string
  stream: string
  occurred_at: string
  actor: string
  product_id?: string
  quantity?: number
  price?: Money
  lines?: readonly { product_id: string; quantity: number; unit_price_minor?: number }[]
  total_minor?: number
  refund_minor?: number
  currency?: string
  rating?: number
  milliseconds?: number
}

export interface TopicItems {
  kpis: KpiRow
  products: ProductRow
  feed: FeedItem
}

export type TopicName = keyof TopicItems

export const TOPICS: readonly TopicName[] = ['kpis', 'products', 'feed']

interface Keeping<T> {
  /** Names the item whose place a newer one takes. */
  key: (item: T) => string
  /** So many are kept; the oldest go first. */
  most: number
}

export const KEEPING: { readonly [N in TopicName]: Keeping<TopicItems[N]> } = {
  kpis: { key: (row) => `${row.bucket} ${row.bucket_start} ${row.currency}`, most: 600 },
  products: { key: (row) => `${row.product_id} ${row.day} ${row.currency}`, most: 600 },
  feed: { key: (item) => String(item.position), most: 300 },
}
