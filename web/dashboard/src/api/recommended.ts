/** What would be recommended now; asking records nothing. */

import type { UseQueryResult } from '@tanstack/react-query'

import type { Problem } from './client'
import { useRead } from './queries'

export interface Recommended {
  model: string
  degraded: '' | 'no_model' | 'unknown_visitor' | 'unknown_product' | 'all_filtered'
  items: readonly {
    product_id: string
    name: string
    score: number
    reasons: readonly { text: string; event_ids: readonly string[] }[]
  }[]
}

export interface Asked {
  person?: string
  placement: 'home' | 'product' | 'basket'
  product_id?: string
  count?: number
}

export function useRecommended(asked: Asked, everyMs = 6_000): UseQueryResult<Recommended, Problem> {
  return useRead<Recommended>('/v1/insights/recommendations/preview', { ...asked }, { on: ['feed'], everyMs })
}
