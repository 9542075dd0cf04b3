/** A chart on a canvas, by uPlot, in the colours of the theme; its table is a menu item away. */

import { useEffect, useId, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

import { useTheme } from '../app/theme'
import { NOTHING, dateTime, short } from '../format'
import { texts } from '../texts'
import { usePanel } from './Panel'
import { Table } from './Table'

export interface Series {
  label: string
  values: readonly (number | null)[]
  kind?: 'line' | 'area' | 'bars'
  colour?: 'chart-1' | 'chart-2' | 'chart-3' | 'chart-4' | 'chart-soft'
  isDashed?: boolean
  /** Marks each value, where few stand far apart. */
  hasPoints?: boolean
  /** Fills the room between this series and the next one; an interval needs no words of its own. */
  isUpperOfBand?: boolean
  /** The edge of a band: no line of its own, and only in the table. */
  isEdge?: boolean
}

export interface ChartProps {
  /** What the chart shows, in words, for those who do not see it. */
  label: string
  /** Moments in seconds since 1970, or plain numbers with `isTime` false. */
  x: readonly number[]
  series: readonly Series[]
  isTime?: boolean
  format?: (value: number) => string
  formatX?: (value: number) => string
  height?: number
  hasLegend?: boolean
  /** Opens what is behind a moment: by a click, or by Enter in the table. */
  onPick?: (index: number) => void
}

export function Chart(props: ChartProps) {
  const panel = usePanel()
  return panel?.showsTable ? <ChartTable {...props} /> : <Drawing {...props} />
}

function ChartTable({ label, x, series, format = short, formatX = atTime, onPick }: ChartProps) {
  const columns = [
    { key: 'x', title: texts.parts.when, show: (row: number) => formatX(x[row] ?? 0) },
    ...series.map(({ label: title, values }, index) => ({
      key: String(index),
      title,
      isNumber: true,
      show: (row: number) => shown(values[row], format),
    })),
  ]
  const rows = useMemo(() => x.map((_, index) => index).reverse(), [x])
  return (
    <Table
      caption={label}
      columns={columns}
      rows={rows}
      rowKey={String}
      {...(onPick && { onOpen: onPick })}
    />
  )
}

function Drawing(props: ChartProps) {
  const {
    label,
    x,
    series,
    format = short,
    formatX = atTime,
    height = 220,
    hasLegend = true,
  } = props
  const { isTime = true, onPick } = props
  const drawnHeight = height * textScale()
  const id = useId()
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [at, setAt] = useState<number | null>(null)
  const theme = useTheme()
  const panel = usePanel()
  const setCanvas = panel?.setCanvas
  const formats = useRef({ format, formatX })
  formats.current = { format, formatX }
  const looks = JSON.stringify(series.map(({ values: _, ...look }) => look))

  const data = useMemo(
    () => [x, ...series.map((one) => one.values)] as unknown as uPlot.AlignedData,
    [x, series],
  )
  const latest = useRef(data)
  latest.current = data

  useEffect(() => {
    const element = frame.current
    if (!element) return undefined
    const made = new uPlot(
      options(JSON.parse(looks) as Look[], {
        width: element.clientWidth || 300,
        height: drawnHeight,
        isTime,
        formats: formats.current,
        onMove: setAt,
      }),
      latest.current,
      element,
    )
    plot.current = made
    const legend = (JSON.parse(looks) as Look[])
      .filter((look) => look.label !== '')
      .map((look) => ({ label: look.label, colour: look.colour ?? 'chart-1' }))
    setCanvas?.(made.ctx.canvas, legend)
    const observer = new ResizeObserver(() => {
      if (element.clientWidth) made.setSize({ width: element.clientWidth, height: drawnHeight })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      setCanvas?.(null)
      made.destroy()
      plot.current = null
    }
  }, [looks, drawnHeight, isTime, theme, setCanvas])

  useEffect(() => {
    plot.current?.setData(data)
  }, [data])

  const visible = series.filter((one) => one.label !== '' && !one.isEdge)
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption id={id} className="unseen">
        {texts.parts.chartOf(label)}
      </figcaption>
      <div
        className={onPick ? 'canvas pickable' : 'canvas'}
        ref={frame}
        aria-hidden="true"
        onClick={() => at !== null && onPick?.(at)}
      />
      {hasLegend && (
        <ul className="legend">
          {visible.map((one) => (
            <li key={one.label}>
              <Swatch colour={one.colour ?? 'chart-1'} isDashed={one.isDashed ?? false} />
              {one.label}
              {at !== null && <strong>{shown(one.values[at], format)}</strong>}
            </li>
          ))}
          <li aria-hidden="true">{at !== null && x[at] !== undefined ? formatX(x[at]) : ''}</li>
        </ul>
      )}
    </figure>
  )
}

function Swatch({ colour, isDashed }: { colour: string; isDashed: boolean }) {
  return (
    <svg width="18" height="8" aria-hidden="true">
      <line
        x1="1"
        x2="17"
        y1="4"
        y2="4"
        stroke={`var(--${colour})`}
        strokeWidth="3"
        strokeLinecap="round"
        strokeDasharray={isDashed ? '3 5' : undefined}
      />
    </svg>
  )
}

type Look = Omit<Series, 'values'>

interface Frame {
  width: number
  height: number
  isTime: boolean
  formats: { format: (value: number) => string; formatX: (value: number) => string }
  onMove: (index: number | null) => void
}

function options(looks: readonly Look[], frame: Frame): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  const scale = textScale()
  const axis = {
    stroke: colour('soft'),
    grid: { stroke: colour('grid'), width: 1 },
    ticks: { show: false },
    font: `${12 * scale}px system-ui, sans-serif`,
  }
  const hasBars = looks.some((look) => look.kind === 'bars')
  return {
    width: frame.width,
    height: frame.height,
    padding: [8, 22 * scale, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: frame.isTime, range: hasBars ? roomForBars : withoutRoom },
      y: { range: { min: { pad: 0, soft: 0, mode: 1 }, max: { pad: 0.12, soft: 1, mode: 2 } } },
    },
    axes: [
      {
        ...axis,
        size: 32 * scale,
        space: 70 * scale,
        ...(frame.isTime
          ? { values: timeMarks }
          : { values: (_: uPlot, all: number[]) => all.map(frame.formats.formatX) }),
      },
      {
        ...axis,
        size: 56 * scale,
        values: (_: uPlot, all: number[]) => all.map((value) => frame.formats.format(value)),
      },
    ],
    series: [{}, ...looks.map((look) => seriesOf(look, colour(look.colour ?? 'chart-1')))],
    bands: looks.flatMap((look, index) =>
      look.isUpperOfBand
        ? [
            {
              series: [index + 1, index + 2] as [number, number],
              fill: `${colour(look.colour ?? 'chart-1')}2b`,
            },
          ]
        : [],
    ),
    hooks: { setCursor: [(plot) => frame.onMove(plot.cursor.idx ?? null)] },
  }
}

/** Returns how much larger than usual the page writes: on a wall screen, or for tired eyes. */
function textScale(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16
}

function roomForBars(plot: uPlot, min: number, max: number): uPlot.Range.MinMax {
  const half = (max - min) / Math.max(1, (plot.data[0].length - 1) * 2)
  return [min - half, max + half]
}

function withoutRoom(_: uPlot, min: number, max: number): uPlot.Range.MinMax {
  return min === max ? [min - 1, max + 1] : [min, max]
}

function seriesOf(look: Look, stroke: string): uPlot.Series {
  const isBars = look.kind === 'bars'
  return {
    label: look.label,
    stroke,
    width: look.label === '' || look.isEdge ? 0 : isBars ? 0 : 2,
    points: { show: look.hasPoints ?? false, size: 7, fill: stroke },
    ...(isBars && {
      paths: uPlot.paths.bars?.({ size: [0.72, 40], radius: 0.25 }) as uPlot.Series.PathBuilder,
      fill: stroke,
    }),
    ...(look.kind === 'area' && { fill: `${stroke}22` }),
    ...(look.isDashed && { dash: [5, 5] }),
  }
}

const hourMark = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const dayMark = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

function timeMarks(_: uPlot, marks: number[]): string[] {
  const step = (marks[1] ?? 0) - (marks[0] ?? 0)
  const format = step >= 86_400 ? dayMark : hourMark
  return marks.map((mark) => format.format(mark * 1_000))
}

function shown(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? NOTHING : format(value)
}

function atTime(seconds: number): string {
  return dateTime(seconds * 1_000)
}
