/** The names of the shop's products, for places that know only ids. */

import { useQuery } from '@tanstack/react-query'

import { get } from './client'
import type { Page } from './shapes'

const MOST_PAGES = 10
const NONE: ReadonlyMap<string, string> = new Map()

/** Returns names by product id; a product that is not among the first thousand has none here. */
export function useProductNames(): ReadonlyMap<string, string> {
  const { data } = useQuery({
    queryKey: ['product-names'],
    queryFn: ({ signal }) => read(signal),
    staleTime: 300_000,
  })
  return data ?? NONE
}

async function read(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  let token = ''
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { page_size: 100, page_token: token }
    const answer = await get<Page<{ product_id: string; name: string }>>('/v1/products', {
      query,
      signal,
    })
    for (const { product_id: id, name } of answer.items) names.set(id, name)
    token = answer.next_page_token
    if (!token) break
  }
  return names
}
