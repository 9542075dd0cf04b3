/** What to show this visitor, and word of it when that changes. */

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { consent } from '../consent'
import { useStore } from '../store'
import { visitor } from '../tracker'
import { address, read } from './http'
import { useShopperId } from './session'
import type { Recommendations } from './types'

export interface Placement {
  placement: 'home' | 'product' | 'basket'
  count: number
  productId?: string
  category?: string
  exclude?: string[]
  /** For nobody in particular, whatever the visitor allows. */
  isForAnybody?: boolean
}

/** Whether suggestions may follow the visitor. Without that, nobody is recognised when they are asked for. */
export const useIsPersonal = (): boolean => useStore(consent).purposes.personalisation

export const useRecommendations = (where: Placement, isEnabled = true) => {
  const isPersonal = useIsPersonal() && !where.isForAnybody
  const shopperId = useShopperId()
  return useQuery({
    queryKey: ['recommendations', where.placement, where, isPersonal, shopperId],
    enabled: isEnabled && shopperId !== undefined,
    queryFn: () =>
      read<Recommendations>(
        address('/v1/recommendations', {
          placement: where.placement,
          product_id: where.productId,
          category: where.category,
          exclude: where.exclude?.join(','),
          count: where.count,
        }),
        { isAnonymous: !isPersonal },
      ),
    placeholderData: keepPreviousData,
    staleTime: 5 * 60_000,
    refetchOnMount: 'always', // each list that is shown is recorded as served
    refetchOnWindowFocus: false,
  })
}

const SETTLED_MS = 400

/** Call `changed` when the visitor's own list has become another one. */
export const useOwnListChanges = (isFollowed: boolean, changed: () => void): void => {
  const isPersonal = useIsPersonal()
  const shopperId = useShopperId()
  const heard = useRef(changed)
  heard.current = changed
  useEffect(() => {
    if (!isFollowed || !isPersonal || !(visitor() || shopperId)) return
    const source = new EventSource('/v1/recommendations/live')
    let timer: ReturnType<typeof setTimeout> | undefined
    source.addEventListener('change', () => {
      clearTimeout(timer)
      timer = setTimeout(() => heard.current(), SETTLED_MS)
    })
    return () => {
      clearTimeout(timer)
      source.close()
    }
  }, [isFollowed, isPersonal, shopperId])
}

export const useAskAnew = (): ((placement: Placement['placement']) => void) => {
  const queries = useQueryClient()
  return placement => void queries.invalidateQueries({ queryKey: ['recommendations', placement] })
}
