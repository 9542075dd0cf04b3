/** Files out of panels: a table as CSV, a chart as PNG. */

export type Cell = string | number | null | undefined

export interface Sheet {
  columns: readonly string[]
  rows: readonly (readonly Cell[])[]
}

export function saveCsv(name: string, { columns, rows }: Sheet): void {
  const lines = [columns, ...rows].map((cells) => cells.map(quoted).join(','))
  // Spreadsheets take a file without this mark for one of the last century.
  save(
    new Blob(['\uFEFF', lines.join('\r\n'), '\r\n'], { type: 'text/csv;charset=utf-8' }),
    name,
    'csv',
  )
}

/** A chart as it is drawn, and what its colours (names of tokens) mean. */
export interface Picture {
  canvas: HTMLCanvasElement
  legend: readonly { label: string; colour: string }[]
}

/** Saves a chart with its title and its legend, on the colour of the card that it stands on. */
export function savePng(name: string, title: string, { canvas: drawn, legend }: Picture): void {
  const style = getComputedStyle(document.documentElement)
  const scale = window.devicePixelRatio || 1
  const head = (legend.length ? 64 : 40) * scale
  const margin = 12 * scale
  const canvas = document.createElement('canvas')
  canvas.width = drawn.width + 2 * margin
  canvas.height = drawn.height + head + margin
  const context = canvas.getContext('2d')
  if (!context) return
  context.fillStyle = style.getPropertyValue('--card')
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.fillStyle = style.getPropertyValue('--text')
  context.font = `600 ${15 * scale}px system-ui, sans-serif`
  context.fillText(title, margin, 26 * scale)
  context.font = `${13 * scale}px system-ui, sans-serif`
  let x = margin
  for (const { label, colour } of legend) {
    context.fillStyle = style.getPropertyValue(`--${colour}`)
    context.fillRect(x, 44 * scale, 16 * scale, 4 * scale)
    context.fillStyle = style.getPropertyValue('--soft')
    context.fillText(label, x + 22 * scale, 50 * scale)
    x += context.measureText(label).width + 40 * scale
  }
  context.drawImage(drawn, margin, head)
  canvas.toBlob((blob) => blob && save(blob, name, 'png'), 'image/png')
}

function quoted(cell: Cell): string {
  const text = cell === null || cell === undefined ? '' : String(cell)
  // A spreadsheet would run what begins like a formula; a number is none.
  const safe = typeof cell === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function save(blob: Blob, name: string, kind: string): void {
  const link = document.createElement('a')
  const at = new Date().toISOString().slice(0, 16).replace(/[:T]/g, '-')
  link.href = URL.createObjectURL(blob)
  link.download = `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${at}.${kind}`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
