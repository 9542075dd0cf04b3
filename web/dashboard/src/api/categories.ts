/** The shop's categories, for lists to choose from. */

import { useMemo } from 'react'

import { useRead } from './queries'
import type { Page } from './shapes'

export interface Category {
  category_id: string
  name: string
  parent: string
  products: number
}

export function useCategories() {
  return useRead<Page<Category>>('/v1/categories', { page_size: 500 })
}

/** Returns names by category id, each with those that it lies under. */
export function useCategoryNames(): ReadonlyMap<string, string> {
  const { data } = useCategories()
  return useMemo(() => named(data?.items ?? []), [data])
}

export function named(categories: readonly Category[]): ReadonlyMap<string, string> {
  const byId = new Map(categories.map((category) => [category.category_id, category]))
  const path = (category: Category, seen: number): string => {
    const above = byId.get(category.parent)
    return above && seen < 10 ? `${path(above, seen + 1)} › ${category.name}` : category.name
  }
  return new Map(categories.map((category) => [category.category_id, path(category, 0)]))
}
