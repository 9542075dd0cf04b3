/** What would be recommended now; asking records nothing. */

import type { UseQueryResult } from '@tanstack/react-query'

import type { Problem } from './client'
import { useRead } from './queries'

export interface Reason {
  text: string
  event_ids: readonly string[]
}

export interface RecommendedProduct {
  product_id: string
  name: string
  score: number
  reasons: readonly Reason[]
}

export interface Recommended {
  model: string
  as_of_position: number
  degraded: '' | 'no_model' | 'unknown_visitor' | 'unknown_product' | 'all_filtered'
  items: readonly RecommendedProduct[]
}

export interface Asked {
  visitor?: string
  placement: 'home' | 'product' | 'basket' | 'email'
  product_id?: string
  count?: number
}

/** The path of the question, for whoever knows that all its answers have changed. */
export const RECOMMENDED = '/v1/insights/recommendations/preview'

export function useRecommended(
  asked: Asked,
  { everyMs = 6_000, enabled = true }: { everyMs?: number; enabled?: boolean } = {},
): UseQueryResult<Recommended, Problem> {
  return useRead<Recommended>(RECOMMENDED, { ...asked }, { on: ['feed'], everyMs, enabled })
}
