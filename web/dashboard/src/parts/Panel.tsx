/** A titled card of a page: what it means, how old it is, and what can be taken out of it. */

import {
  type ReactNode,
  createContext,
  useCallback,
  useContext,
  useId,
  useMemo,
  useState,
} from 'react'

import { texts } from '../texts'
import { Age } from './Age'
import { Definition } from './Definition'
import { Menu, type MenuItem } from './Menu'
import { type Picture, type Sheet, saveCsv, savePng } from './exports'

interface PanelContents {
  title: string
  showsTable: boolean
  /** A chart says where it is drawn, so that it can be saved; null when it is gone. */
  setCanvas: (canvas: HTMLCanvasElement | null, legend?: Picture['legend']) => void
}

const Contents = createContext<PanelContents | null>(null)

/** Returns what a chart needs to know of the panel around it. */
export function usePanel(): PanelContents | null {
  return useContext(Contents)
}

export interface PanelProps {
  title: string
  definition?: string
  /** When what it shows was read or last changed, in milliseconds since 1970. */
  at?: number
  isStale?: boolean
  /** The rows of the panel, for CSV; asked for when somebody wants them. */
  sheet?: () => Sheet
  actions?: ReactNode
  menu?: readonly MenuItem[]
  children: ReactNode
}

export function Panel(props: PanelProps) {
  const { title, definition, at, isStale = false, sheet, actions, menu = [], children } = props
  const id = useId()
  const [showsTable, setShowsTable] = useState(false)
  const [picture, setPicture] = useState<Picture | null>(null)
  const setCanvas = useCallback<PanelContents['setCanvas']>(
    (canvas, legend = []) => setPicture(canvas && { canvas, legend }),
    [],
  )
  const contents = useMemo(() => ({ title, showsTable, setCanvas }), [title, showsTable, setCanvas])
  const items: MenuItem[] = [...menu]
  if (picture || showsTable) {
    const label = showsTable ? texts.parts.showChart : texts.parts.showTable
    items.push({ label, run: () => setShowsTable(!showsTable) })
  }
  if (sheet) items.push({ label: texts.parts.saveCsv, run: () => saveCsv(title, sheet()) })
  if (picture) items.push({ label: texts.parts.savePng, run: () => savePng(title, title, picture) })
  return (
    <section className="panel card" aria-labelledby={id} data-stale={isStale}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {definition && <Definition of={title} text={definition} />}
        <div className="end">
          {at !== undefined && <Age at={at} isStale={isStale} />}
          {actions}
          {items.length > 0 && <Menu label={texts.parts.menuOf(title)} items={items} />}
        </div>
      </header>
      <div className="panel-body">
        <Contents value={contents}>{children}</Contents>
      </div>
    </section>
  )
}
