/** How reads are kept and repeated: TanStack Query, told by the live stream when to ask again. */

import {
  QueryCache,
  QueryClient,
  type QueryKey,
  type UseQueryResult,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query'
import { useEffect } from 'react'

import type { TopicName } from '../live/topics'
import { onTopics } from '../live/store'
import { Problem, type Query, get } from './client'
import type { Page } from './shapes'

const TRIES = 3
const FRESH_PAGES = 3

export const SESSION = ['session']

export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // The session may have ended: whoever asks that gets the door to show.
      if (error instanceof Problem && error.status === 401) {
        void queries.invalidateQueries({ queryKey: SESSION })
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) =>
        failures < TRIES &&
        (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
      retryDelay: (failures, error) =>
        error instanceof Problem && error.retryAfterSeconds
          ? error.retryAfterSeconds * 1_000
          : Math.min(8_000, 500 * 2 ** failures),
      refetchOnWindowFocus: true,
      placeholderData: keepPreviousData,
    },
  },
})

export interface ReadOptions {
  /** Ask again when one of these topics told of a change ... */
  on?: readonly TopicName[]
  /** ... but not more often than this; and after a pause of six times as long in any case. */
  everyMs?: number
  enabled?: boolean
}

/** Reads from the API, and again whenever the live stream says that the answer may have changed. */
export function useRead<T>(
  path: string,
  query: Query = {},
  { on = [], everyMs = 5_000, enabled = true }: ReadOptions = {},
): UseQueryResult<T, Problem> {
  const key: QueryKey = [path, query]
  const isLive = enabled && on.length > 0
  const result = useQuery<T, Problem>({
    queryKey: key,
    queryFn: ({ signal }) => get<T>(path, { query, signal }),
    enabled,
    refetchInterval: isLive ? everyMs * 6 : false,
  })
  useAskedAgain(result.refetch, isLive ? on : [], everyMs)
  return result
}

/** Asks again when one of the topics told of a change, at most so often, while somebody looks. */
function useAskedAgain(
  refetch: (options: { cancelRefetch: boolean }) => unknown,
  on: readonly TopicName[],
  everyMs: number,
): void {
  const topics = on.join()
  useEffect(() => {
    if (!topics) return undefined
    let timer = 0
    let asked = Date.now()
    const soon = (): void => {
      if (timer || document.hidden) return
      timer = window.setTimeout(
        () => {
          timer = 0
          asked = Date.now()
          void refetch({ cancelRefetch: false })
        },
        Math.max(0, asked + everyMs - Date.now()),
      )
    }
    const stop = onTopics(topics.split(',') as TopicName[], soon)
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [topics, everyMs, refetch])
}

export interface Pages<T, A> {
  /** Undefined while the first page is on its way. */
  items: readonly T[] | undefined
  /** The first page, with what else it tells. */
  first: A | undefined
  hasMore: boolean
  isLoadingMore: boolean
  more: () => void
  again: () => void
  error: Problem | null
  /** When it was read, in milliseconds since 1970; 0 for not yet. */
  at: number
}

/** Reads a list that comes in pages, as far as somebody asks for more. */
export function usePages<T, A extends Page<T> = Page<T>>(
  path: string,
  query: Query = {},
  { on = [], everyMs = 0, enabled = true }: ReadOptions = {},
): Pages<T, A> {
  const result = useInfiniteQuery<A, Problem, { pages: A[] }, QueryKey, string>({
    queryKey: [path, query, 'pages'],
    queryFn: ({ pageParam, signal }) =>
      get<A>(path, { query: { ...query, page_token: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    // A list of which somebody reads on far below is not asked for anew from its beginning.
    refetchInterval: ({ state }) =>
      everyMs && (state.data?.pages.length ?? 0) <= FRESH_PAGES
        ? everyMs * (on.length ? 6 : 1)
        : false,
    enabled,
  })
  useAskedAgain(result.refetch, enabled ? on : [], everyMs)
  return {
    items: result.data?.pages.flatMap((page) => page.items),
    first: result.data?.pages[0],
    hasMore: result.hasNextPage,
    isLoadingMore: result.isFetchingNextPage,
    more: () => void result.fetchNextPage(),
    again: () => void result.refetch(),
    error: result.error,
    at: result.dataUpdatedAt,
  }
}
