/** What a place shows while it has nothing to show: loading, failed, empty. */

import type { ReactNode } from 'react'
import { said } from '../api/problems'
import { texts } from '../texts'

export const Skeleton = ({ lines = 3 }: { lines?: number }) => (
  <div className="skeleton-lines" role="status" aria-label={texts.loading}>
    {Array.from({ length: lines }, (_, index) => (
      <span key={index} className="skeleton" />
    ))}
  </div>
)

export const Failed = ({ error, retry }: { error: unknown; retry: () => void }) => (
  <div className="notice notice-bad" role="alert">
    <p>
      <strong>{texts.problem.title}.</strong> {said(error)}
    </p>
    <button type="button" className="button button-quiet" onClick={retry}>
      {texts.retry}
    </button>
  </div>
)

export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="empty">
    <h1>{title}</h1>
    {children}
  </div>
)
