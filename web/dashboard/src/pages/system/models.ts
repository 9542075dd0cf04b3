/** Read models out of their generations, and how a rebuild gets on. */

import { useEffect, useMemo, useRef } from 'react'

import { useRead } from '../../api/queries'
import type { Page } from '../../api/shapes'
import { useNow } from '../../live/use-live'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import type { Generation } from './shapes'

export const PATH = '/v1/admin/projections'

export interface ReadModel {
  name: string
  live: Generation | undefined
  /** Asked for or under way. */
  build: Generation | undefined
  /** What a roll-back goes to. */
  before: Generation | undefined
  /** The latest attempt, where it failed and nothing came after it. */
  failed: Generation | undefined
}

export function useReadModels() {
  const result = useRead<Page<Generation>>(PATH, {}, { on: ['feed'], everyMs: 1_000 })
  const models = useMemo(() => modelsOf(result.data?.items ?? []), [result.data])
  return { result, models }
}

function modelsOf(generations: readonly Generation[]): readonly ReadModel[] {
  const byName = new Map<string, Generation[]>()
  for (const one of generations) byName.set(one.name, [...(byName.get(one.name) ?? []), one])
  return [...byName].map(([name, all]) => {
    const last = (...statuses: Generation['status'][]): Generation | undefined =>
      all.filter((one) => statuses.includes(one.status)).at(-1)
    const newest = all.at(-1)
    return {
      name,
      live: last('live'),
      build: last('requested', 'building'),
      before: last('retired'),
      failed: newest?.status === 'failed' ? newest : undefined,
    }
  })
}

/** Says so when a rebuild that was seen under way is live. */
export function useEachFinished(models: readonly ReadModel[]): void {
  const building = useRef(new Map<string, number>())
  useEffect(() => {
    for (const { name, live, build } of models) {
      const was = building.current.get(name)
      if (was !== undefined && live?.generation === was)
        toast(texts.system.models.finished(name, was))
      if (build) building.current.set(name, build.generation)
      else building.current.delete(name)
    }
  }, [models])
}

export interface Progress {
  /** From 0 to 1. */
  done: number
  /** Undefined until the pace is known. */
  secondsLeft: number | undefined
}

/** Returns how far a build is, by the pace seen since this page first looked. */
export function useProgress({ position, target_position: target }: Generation): Progress {
  const first = useRef({ at: Date.now(), position })
  const now = useNow()
  const seconds = (now - first.current.at) / 1_000
  const pace = (position - first.current.position) / seconds
  const left = Math.max(0, target - position)
  return {
    done: target ? Math.min(1, position / target) : 1,
    secondsLeft: seconds > 1 && pace > 0 ? left / pace : undefined,
  }
}
