/** The names of the shop's products, for places that know only ids. */

import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'

import { get } from './client'
import type { Page } from './shapes'

const PAGE = 100
const MOST = 1_000
const AGAIN_MS = 1_000
/** Ids without a name, looked for in vain: they are told of, but not for sale. */
const sought = new Set<string>()
const MOST_SOUGHT = 200
const NONE: ReadonlyMap<string, string> = new Map()

/**
 * Returns names by product id; a product that is not among the first thousand has none here.
 * For a `needed` one that has none, all are read once more: it may be new.
 */
export function useProductNames(needed: readonly string[] = []): ReadonlyMap<string, string> {
  const { data, refetch, isFetching } = useQuery({
    queryKey: ['product-names'],
    queryFn: ({ signal }) => read(signal),
    staleTime: 300_000,
  })
  const mayBeNew = data && !isFetching && data.size < MOST && sought.size < MOST_SOUGHT
  const missing = mayBeNew ? needed.filter((id) => !data.has(id) && !sought.has(id)) : []
  const isMissing = missing.length > 0
  useEffect(() => {
    if (!isMissing) return undefined
    const timer = setTimeout(() => {
      for (const id of missing) sought.add(id)
      void refetch()
    }, AGAIN_MS)
    return () => clearTimeout(timer)
    // More that are missing meanwhile wait for the next time.
  }, [isMissing, refetch])
  return data ?? NONE
}

async function read(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  let token = ''
  for (let page = 0; page < MOST / PAGE; page += 1) {
    const query = { page_size: PAGE, page_token: token }
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
