/** The head of a page and the grid of its panels. */

import type { ComponentType, ReactNode } from 'react'
import { Link } from 'wouter'

export interface PanelEntry {
  key: string
  /** How many of twelve columns it takes where there is room. */
  span: 3 | 4 | 5 | 6 | 7 | 8 | 12
  content: ComponentType
}

export interface PageFrameProps {
  title: string
  /** The way to the page that it is a part of. */
  back?: { href: string; label: string }
  intro?: ReactNode
  /** What is shown at the right of the title: filters, buttons. */
  filters?: ReactNode
  /** All that the page shows, in order; one line each. */
  panels?: readonly PanelEntry[]
  children?: ReactNode
}

export function PageFrame({ title, back, intro, filters, panels = [], children }: PageFrameProps) {
  return (
    <>
      <header className="page-head">
        <div>
          {back && (
            <Link className="back small" href={back.href}>
              <span aria-hidden="true">← </span>
              {back.label}
            </Link>
          )}
          <h1>{title}</h1>
          {intro && <div className="intro">{intro}</div>}
        </div>
        {filters && <div className="filters row">{filters}</div>}
      </header>
      {children}
      {panels.length > 0 && <Panels panels={panels} />}
    </>
  )
}

/** The grid of panels alone, for a part of a page such as a tab. */
export function Panels({ panels }: { panels: readonly PanelEntry[] }) {
  return (
    <div className="grid">
      {panels.map(({ key, span, content: Content }) => (
        <div key={key} className={`span-${span}`}>
          <Content />
        </div>
      ))}
    </div>
  )
}
