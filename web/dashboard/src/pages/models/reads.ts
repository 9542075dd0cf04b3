/** What the parts of the page ask the API for. */

import { useMemo } from 'react'

import { queries, useRead } from '../../api/queries'
import { RECOMMENDED } from '../../api/recommended'
import { useMay } from '../../api/session'
import type { Page } from '../../api/shapes'
import { useFilter } from '../../filters'
import { usePeriod } from '../../live/use-live'
import type { Model, Placement, Replay, Rule, ServedAnswer } from './shapes'
import { PLACEMENTS } from './shapes'

export const MODELS = '/v1/insights/models'
export const RULES = '/v1/admin/recommendation-rules'
export const REPLAYS = '/v1/replays'
const SERVED = '/v1/insights/recommendations'
const DAY = 86_400_000

export const SPANS = ['7', '30', '90'] as const

/** Returns what was served in the days and at the placement that the address names. */
export function useServed() {
  const [days, setDays] = useFilter<(typeof SPANS)[number]>('days', '30', SPANS)
  const [placement, setPlacement] = useFilter<'' | Placement>('placement', '', ['', ...PLACEMENTS])
  const today = usePeriod(DAY)
  const from = new Date(today - (Number(days) - 1) * DAY).toISOString().slice(0, 10)
  const result = useRead<ServedAnswer>(
    SERVED,
    { from, placement },
    { on: ['feed'], everyMs: 5_000 },
  )
  return { result, days, setDays, placement, setPlacement }
}

export function useModels() {
  return useRead<Page<Model>>(MODELS, {}, { on: ['feed'], everyMs: 5_000 })
}

export function useRules() {
  const isAllowed = useMay('analyst')
  return useRead<Page<Rule>>(
    RULES,
    { page_size: 100 },
    { on: ['feed'], everyMs: 5_000, enabled: isAllowed },
  )
}

/** Says that rules changed, which changes lists. */
export async function rulesChanged(): Promise<void> {
  await Promise.all(
    [RULES, RECOMMENDED].map((path) => queries.invalidateQueries({ queryKey: [path] })),
  )
}

export function useReplays() {
  return useRead<Page<Replay>>(REPLAYS, {}, { on: ['feed'], everyMs: 1_000 })
}

/** Returns the versions of the models that serve, by kind. */
export function useChampions(): ReadonlyMap<string, Model> {
  const { data } = useModels()
  return useMemo(
    () =>
      new Map((data?.items ?? []).filter((one) => one.is_champion).map((one) => [one.kind, one])),
    [data],
  )
}
