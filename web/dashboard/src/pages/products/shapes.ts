/** What the API answers about products. */

import type { Money } from '../../api/shapes'

export interface Figures {
  product_id: string
  name: string
  category: string
  price: Money
  stock: number | null
  is_withdrawn: boolean
  added_at: string
  orders: number
  units: number
  revenue: Money
  views: number
  basket_adds: number
  conversion: number | null
  rating: number | null
  ratings: number
  days_left: number | null
  order_quantity: number | null
  is_due: boolean
}

export interface Assortment {
  from: string
  to: string
  items: Figures[]
  found: number
  next_page_token: string
}

export interface Day {
  day: string
  orders: number
  units: number
  revenue: Money
  views: number
  basket_adds: number
}

export interface Advice {
  product_id: string
  name: string
  category: string
  stock: number | null
  reorder_point: number
  order_up_to: number
  order_quantity: number | null
  lead_demand: number
  days_left: number | null
  shortage: number | null
  position: number
}

export interface Insight {
  product_id: string
  description: string
  attributes: Readonly<Record<string, string>>
  image_url: string
  version: number
  from: string
  to: string
  now: Figures
  before: Figures
  days: readonly Day[]
  ratings: Readonly<Record<string, number>>
  advice: Advice | null
}

export interface Forecast {
  by: 'day' | 'week'
  made_at: string | null
  series_class: string
  models: readonly string[]
  items: readonly {
    start: string
    end: string
    mean: number
    quantiles: Readonly<Record<string, number>>
  }[]
  lacks: string
}

export interface Review {
  review_id: string
  rating: number
  comment: string
  submitted_at: string
  edited_at: string
}
