/** What a panel shows in place of its contents, or above them when these are old. */

import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import type { Problem } from '../api/client'
import type { Pages } from '../api/queries'
import type { Page } from '../api/shapes'
import { texts } from '../texts'

export function Empty({
  text = texts.parts.empty,
  children,
}: {
  text?: string
  children?: ReactNode
}) {
  return (
    <div className="state">
      <p>{text}</p>
      {children}
    </div>
  )
}

export function Loading({ lines = 5 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status">
      <span className="unseen">{texts.parts.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <i key={index} />
      ))}
    </div>
  )
}

export function Failed({ error, retry }: { error: Problem; retry?: () => void }) {
  return (
    <div className="state" role="alert">
      <p className="bad">{error.message}</p>
      {retry && (
        <button type="button" className="button slim" onClick={retry}>
          {texts.parts.tryAgain}
        </button>
      )}
    </div>
  )
}

/** Shows why there is no answer: it loads, or it failed. What is not there is not asked again. */
export function Unanswered({ result }: { result: UseQueryResult<unknown, Problem> }) {
  const { error, refetch } = result
  if (!error) return <Loading />
  return <Failed error={error} {...(error.status !== 404 && { retry: () => void refetch() })} />
}

export interface AnsweredProps<T> {
  result: UseQueryResult<T, Problem>
  /** Says whether an answer has nothing to show. */
  isEmpty?: (answer: T) => boolean
  empty?: string
  lines?: number
  children: (answer: T) => ReactNode
}

/** Shows an answer, or why there is none: it loads, it failed, it is empty. Old ones stay shown. */
export function Answered<T>({ result, isEmpty, empty, lines, children }: AnsweredProps<T>) {
  const { data, error, refetch } = result
  if (data === undefined) {
    if (error) return <Failed error={error} retry={() => void refetch()} />
    return <Loading {...(lines === undefined ? {} : { lines })} />
  }
  return (
    <>
      {error && (
        <p className="small warn" role="status">
          {texts.parts.notRefreshed(error.message)}
        </p>
      )}
      {isEmpty?.(data) ? (
        <Empty {...(empty === undefined ? {} : { text: empty })} />
      ) : (
        children(data)
      )}
    </>
  )
}

export interface PagedProps<T, A extends Page<T>> {
  pages: Pages<T, A>
  empty?: string
  children: (items: readonly T[], first: A) => ReactNode
}

/** Shows what was read of a list in pages, and a button for more; or why there is none. */
export function Paged<T, A extends Page<T>>({ pages, empty, children }: PagedProps<T, A>) {
  const { items, first, error } = pages
  if (!items || !first) return error ? <Failed error={error} retry={pages.again} /> : <Loading />
  return (
    <div className="stack">
      {error && (
        <p className="small warn" role="status">
          {texts.parts.notRefreshed(error.message)}
        </p>
      )}
      {items.length ? (
        children(items, first)
      ) : (
        <Empty {...(empty === undefined ? {} : { text: empty })} />
      )}
      {pages.hasMore && (
        <button
          type="button"
          className="button"
          disabled={pages.isLoadingMore}
          onClick={pages.more}
        >
          {texts.parts.more}
        </button>
      )}
    </div>
  )
}
