/** The Markdown that cards are written in: heads, paragraphs, lists, tables, code. */

import type { ReactNode } from 'react'

export function Markdown({ text }: { text: string }) {
  const blocks = text.trim().split(/\n{2,}/)
  return <div className="markdown">{blocks.map((block, index) => <Block key={index} lines={block.split('\n')} />)}</div>
}

function Block({ lines }: { lines: readonly string[] }) {
  const [first = ''] = lines
  if (first.startsWith('#')) return <h3>{inline(first.replace(/^#+ /, ''))}</h3>
  if (first.startsWith('|')) return <Grid lines={lines} />
  if (first.startsWith('- ')) return <ul>{items(lines).map((item, index) => <li key={index}>{inline(item)}</li>)}</ul>
  return <p>{inline(lines.join(' '))}</p>
}

/** A line that begins with no dash goes on with the item before it. */
function items(lines: readonly string[]): readonly string[] {
  const found: string[] = []
  for (const line of lines) {
    if (line.startsWith('- ')) found.push(line.slice(2))
    else found.push(`${found.pop() ?? ''} ${line.trim()}`)
  }
  return found
}

function Grid({ lines: [head = '', , ...rows] }: { lines: readonly string[] }) {
  const titles = cells(head)
  return (
    <div className="table-frame">
      <table className="table">
        {titles.some(Boolean) && (
          <thead>
            <tr>
              {titles.map((title, index) => (
                <th key={index} scope="col" className={index ? 'number' : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {cells(row).map((cell, column) => (
                <td key={column} className={column ? 'number' : undefined}>
                  {inline(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function cells(line: string): readonly string[] {
  return line
    .replace(/^\|\s*|\s*\|\s*$/g, '')
    .split(/\s*(?<!\\)\|\s*/)
    .map((cell) => cell.replaceAll('\\|', '|'))
}

function inline(text: string): ReactNode[] {
  return text
    .split(/(`[^`]+`)/)
    .map((part, index) => (part.startsWith('`') ? <code key={index}>{part.slice(1, -1)}</code> : part))
}
