/** Categories, products and reviews, as anybody sees them. */

import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { client } from './client'
import { address, read } from './http'
import type { Category, Listed, Product, Review } from './types'

export type Sort = 'newest' | 'name' | 'price' | 'price_down' | 'relevance'

export interface Wanted {
  words?: string
  category?: string
  isInStock?: boolean
  sort: Sort
}

const PAGE = 24
const SUGGESTED = 6
const FRESH = 60_000

export const useCategories = () =>
  useQuery({
    queryKey: ['categories'],
    queryFn: () => read<Listed<Category>>('/v1/categories?page_size=500').then(found => found.items),
    staleTime: 5 * FRESH,
  })

/** Remember each product of a list, so that its page is there at once. */
const remember = (products: Product[]): Product[] => {
  products.forEach(product => client.setQueryData(['product', product.product_id], product))
  return products
}

export const useProducts = (wanted: Wanted, isEnabled = true) =>
  useInfiniteQuery({
    queryKey: ['products', wanted],
    enabled: isEnabled,
    queryFn: async ({ pageParam }) => {
      const path = address('/v1/products', {
        q: wanted.words,
        category: wanted.category,
        in_stock: wanted.isInStock ? 'true' : '',
        sort: wanted.sort,
        page_size: PAGE,
        page_token: pageParam,
      })
      const found = await read<Listed<Product>>(path)
      remember(found.items)
      return found
    },
    initialPageParam: '',
    getNextPageParam: page => page.next_page_token || undefined,
  })

/** A product that stands for its category. */
export const useFirstOf = (category: string) =>
  useQuery({
    queryKey: ['first of', category],
    queryFn: () =>
      read<Listed<Product>>(address('/v1/products', { category, sort: 'name', page_size: 1 })).then(
        found => remember(found.items)[0] ?? null,
      ),
    staleTime: 5 * FRESH,
  })

export const useProduct = (id: string) =>
  useQuery({ queryKey: ['product', id], queryFn: () => read<Product>(`/v1/products/${encodeURIComponent(id)}`) })

/** Products by their ids; those that are no longer sold are missing. */
export const useProductsById = (ids: string[]) =>
  useQuery({
    queryKey: ['products by id', [...ids].sort()],
    enabled: ids.length > 0,
    queryFn: async () => {
      const path = address('/v1/products', { ids: ids.join(','), page_size: ids.length })
      const found = await read<Listed<Product>>(path)
      return new Map(remember(found.items).map(product => [product.product_id, product]))
    },
    placeholderData: keepPreviousData,
  })

export const useSuggestions = (words: string) =>
  useQuery({
    queryKey: ['suggestions', words],
    enabled: words.length > 1,
    queryFn: () =>
      read<Listed<Product>>(address('/v1/products', { q: words, sort: 'relevance', page_size: SUGGESTED })).then(
        found => remember(found.items),
      ),
    placeholderData: keepPreviousData,
    staleTime: FRESH,
  })

/** Which of several words find anything, each for itself. */
export const useSingleWords = (words: string[]) =>
  useQuery({
    queryKey: ['single words', words],
    enabled: words.length > 0,
    queryFn: async () => {
      const found = await Promise.all(
        words.map(word => read<Listed<Product>>(address('/v1/products', { q: word, page_size: 1 }))),
      )
      return words.filter((_, index) => found[index]?.items.length)
    },
  })

export const useReviews = (productId: string) =>
  useInfiniteQuery({
    queryKey: ['reviews', productId],
    queryFn: ({ pageParam }) =>
      read<Listed<Review>>(
        address(`/v1/products/${encodeURIComponent(productId)}/reviews`, { page_size: 5, page_token: pageParam }),
      ),
    initialPageParam: '',
    getNextPageParam: page => page.next_page_token || undefined,
  })
