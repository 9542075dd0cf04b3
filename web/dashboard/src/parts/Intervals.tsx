/** Values with their intervals, one under another, so that one sees which truly differ. */

import { useEffect, useId, useRef } from 'react'

import { useTheme } from '../app/theme'
import { NOTHING } from '../format'
import { texts } from '../texts'
import { usePanel } from './Panel'
import { Table } from './Table'

export interface Interval {
  key: string
  label: string
  value: number
  /** Null where only the value is known. */
  low: number | null
  high: number | null
  colour?: 'chart-1' | 'chart-2' | 'chart-3' | 'chart-4' | 'chart-soft'
}

export interface IntervalsProps {
  /** What is compared, in words, for those who do not see it. */
  label: string
  rows: readonly Interval[]
  format: (value: number) => string
  /** Writes the marks of the axis, where these need fewer digits. */
  formatMark?: (value: number) => string
  /** The row whose value is drawn through all others as a line. */
  reference?: string | undefined
  /** Where the axis begins, unless values lie below. */
  from?: number
}

export function Intervals(props: IntervalsProps) {
  const panel = usePanel()
  return panel?.showsTable ? <AsTable {...props} /> : <Drawing {...props} />
}

/** Writes a value as the ends of its interval. */
export function between({ low, high }: Interval, format: (value: number) => string): string {
  return low === null || high === null ? NOTHING : texts.parts.between(format(low), format(high))
}

function AsTable({ label, rows, format }: IntervalsProps) {
  const columns = [
    { key: 'label', title: texts.parts.what, show: (row: Interval) => row.label },
    { key: 'value', title: texts.parts.value, isNumber: true, show: (row: Interval) => format(row.value), sortBy: (row: Interval) => row.value },
    { key: 'between', title: texts.parts.interval, isNumber: true, show: (row: Interval) => between(row, format) },
  ]
  return <Table caption={label} columns={columns} rows={rows} rowKey={(row) => row.key} />
}

function Drawing(props: IntervalsProps) {
  const { label, rows, format } = props
  const id = useId()
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const setCanvas = usePanel()?.setCanvas
  const theme = useTheme()
  const latest = useRef(props)
  latest.current = props

  useEffect(() => {
    setCanvas?.(canvas.current)
    return () => setCanvas?.(null)
  }, [setCanvas])

  useEffect(() => {
    const [element, drawn] = [frame.current, canvas.current]
    if (!element || !drawn) return undefined
    const again = (): void => draw(drawn, element.clientWidth, latest.current)
    const observer = new ResizeObserver(again)
    observer.observe(element)
    again()
    return () => observer.disconnect()
  }, [rows, theme])

  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption id={id} className="unseen">
        {texts.parts.chartOf(label)}
        {rows.map((row) => ` ${row.label}: ${format(row.value)}.`)}
      </figcaption>
      <div ref={frame} className="canvas" aria-hidden="true">
        <canvas ref={canvas} />
      </div>
    </figure>
  )
}

const ROW = 34
const AXIS = 26
const FONT = '13px system-ui, sans-serif'
const SMALL = '12px system-ui, sans-serif'

function draw(canvas: HTMLCanvasElement, width: number, props: IntervalsProps): void {
  const context = canvas.getContext('2d')
  if (!context || !width) return
  const { rows, format, formatMark = format, reference, from } = props
  const height = rows.length * ROW + AXIS
  const scale = window.devicePixelRatio || 1
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  context.scale(scale, scale)
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()

  context.font = FONT
  const isNarrow = width < 460
  const labels = isNarrow ? 0 : Math.min(width * 0.36, widest(context, rows.map((row) => row.label)) + 16)
  const values = widest(context, rows.map((row) => format(row.value))) + 12
  const [left, right] = [labels + 6, width - values - 6]
  const marks = ticks(rows, from, Math.max(2, Math.floor((right - left) / 80)))
  const [min, max] = [marks[0] ?? 0, marks.at(-1) ?? 1]
  const at = (value: number): number => left + ((value - min) / (max - min || 1)) * (right - left)

  context.textBaseline = 'middle'
  context.font = SMALL
  context.textAlign = 'center'
  for (const mark of marks) {
    context.fillStyle = colour('grid')
    context.fillRect(at(mark), 0, 1, height - AXIS)
    context.fillStyle = colour('soft')
    context.fillText(formatMark(mark), at(mark), height - AXIS / 2)
  }
  const line = rows.find((row) => row.key === reference)
  if (line) {
    context.strokeStyle = colour(line.colour ?? 'chart-1')
    context.globalAlpha = 0.6
    context.setLineDash([4, 4])
    context.beginPath()
    context.moveTo(at(line.value), 0)
    context.lineTo(at(line.value), height - AXIS)
    context.stroke()
    context.setLineDash([])
    context.globalAlpha = 1
  }
  rows.forEach((row, index) => {
    const y = index * ROW + ROW / 2 + (isNarrow ? 7 : 0)
    const ink = colour(row.colour ?? 'chart-soft')
    context.font = isNarrow ? SMALL : FONT
    context.textAlign = 'left'
    context.fillStyle = colour('text')
    if (isNarrow) context.fillText(row.label, left, y - 14)
    else context.fillText(fitting(context, row.label, labels), 0, y)
    context.fillStyle = context.strokeStyle = ink
    context.lineWidth = 2
    if (row.low !== null && row.high !== null) {
      context.globalAlpha = 0.28
      context.beginPath()
      context.roundRect(at(row.low), y - 5, Math.max(2, at(row.high) - at(row.low)), 10, 5)
      context.fill()
      context.globalAlpha = 1
    }
    context.beginPath()
    context.arc(at(row.value), y, 4.5, 0, 2 * Math.PI)
    context.fill()
    context.font = FONT
    context.textAlign = 'right'
    context.fillStyle = colour('text')
    context.fillText(format(row.value), width, y)
  })
}

function widest(context: CanvasRenderingContext2D, all: readonly string[]): number {
  return Math.max(0, ...all.map((text) => context.measureText(text).width))
}

function fitting(context: CanvasRenderingContext2D, text: string, room: number): string {
  let shown = text
  while (shown.length > 1 && context.measureText(`${shown}…`).width > room - 8) shown = shown.slice(0, -1)
  return shown === text || context.measureText(text).width <= room - 8 ? text : `${shown}…`
}

/** Returns round numbers that reach around all intervals. */
function ticks(rows: readonly Interval[], from: number | undefined, most: number): number[] {
  const all = rows.flatMap((row) => [row.value, row.low ?? row.value, row.high ?? row.value])
  const low = Math.min(...all, from ?? Infinity)
  const high = Math.max(...all)
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1]
  const rough = (high - low || Math.abs(high) || 1) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10)
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)]
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
}
