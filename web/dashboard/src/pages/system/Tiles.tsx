/** The system in four numbers. */

import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { type Problem, get } from '../../api/client'
import { useRead } from '../../api/queries'
import { decimal, duration, number } from '../../format'
import { useLive } from '../../live/use-live'
import { Stat } from '../../parts/Stat'
import { texts } from '../../texts'
import { useReadModels } from './models'
import type { Head } from './shapes'

const words = texts.system
const TILES = { health: Health, head: LogHead, lag: FurthestBehind, chain: Chain }

export function Tiles() {
  return (
    <div className="grid">
      {Object.entries(TILES).map(([key, Tile]) => (
        <div key={key} className="span-3">
          <Tile />
        </div>
      ))}
    </div>
  )
}

function Health() {
  const result = useQuery<unknown, Problem>({
    queryKey: ['/health/ready'],
    queryFn: ({ signal }) => get('/health/ready', { signal }),
    refetchInterval: 5_000,
    retry: false,
  })
  const { data, error, dataUpdatedAt, errorUpdatedAt } = result
  const value = error ? words.health.bad : data ? words.health.good : undefined
  return (
    <Stat
      title={words.health.title}
      definition={words.health.definition}
      value={value}
      beside={error?.message ?? ''}
      tone={error ? 'bad' : undefined}
      at={error ? errorUpdatedAt : dataUpdatedAt}
    />
  )
}

function useHead() {
  return useRead<Head>('/v1/audit/head', {}, { on: ['feed'], everyMs: 2_000 })
}

function LogHead() {
  const { data, dataUpdatedAt } = useHead()
  const { items, changedAt } = useLive('feed')
  const position = Math.max(data?.position ?? 0, items.at(-1)?.position ?? 0)
  const pace = usePace(position)
  return (
    <Stat
      title={words.head.title}
      definition={words.head.definition}
      value={data && number(position)}
      beside={words.head.pace(decimal(pace, 1))}
      at={Math.max(dataUpdatedAt, changedAt)}
    />
  )
}

function Chain() {
  const { data, dataUpdatedAt } = useHead()
  return (
    <Stat
      title={words.chain.title}
      definition={words.chain.definition}
      value={data && data.chain.slice(0, 8)}
      beside={data && words.chain.epoch(number(data.epoch))}
      at={dataUpdatedAt}
    />
  )
}

function FurthestBehind() {
  const { result, models } = useReadModels()
  const live = models.flatMap((model) => model.live ?? [])
  const late = live
    .filter((one) => one.lag_events > 0)
    .sort((a, b) => b.lag_seconds - a.lag_seconds)[0]
  return (
    <Stat
      title={words.lag.title}
      definition={words.lag.definition}
      value={result.data && duration(late?.lag_seconds ?? 0)}
      beside={
        late
          ? words.lag.beside(late.name, words.events(late.lag_events, number(late.lag_events)))
          : words.lag.none
      }
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
    />
  )
}

const PACE_MS = 10_000

/** Returns how fast a number grows, a second, over the last ten seconds. */
function usePace(position: number): number {
  const [seen, setSeen] = useState<readonly [number, number][]>([])
  useEffect(() => {
    if (position)
      setSeen((before) => [
        ...before.filter(([at]) => at > Date.now() - PACE_MS),
        [Date.now(), position],
      ])
  }, [position])
  const [first, last] = [seen[0], seen.at(-1)]
  if (!first || !last || last[0] - first[0] < 1_000) return 0
  return (last[1] - first[1]) / ((last[0] - first[0]) / 1_000)
}
