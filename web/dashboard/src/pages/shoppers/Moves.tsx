/** Who moved from which segment to which in a month. */

import type { CSSProperties } from 'react'

import { useFilter } from '../../filters'
import { monthOf, number, share } from '../../format'
import { Select } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { texts } from '../../texts'
import { segmentTitle, useSegments } from './reads'
import type { Move, Segments } from './shapes'

const words = texts.shoppers.moves

export function Moves() {
  const result = useSegments()
  const all = result.data?.moves ?? []
  const months = [...new Set(all.map((move) => move.month))].sort().reverse()
  const [chosen, setChosen] = useFilter<string>('month', '')
  const month = months.includes(chosen) ? chosen : (months[0] ?? '')
  const moves = all.filter((move) => move.month === month)
  const sheet = () => ({
    columns: ['month', 'before', 'after', 'customers'],
    rows: all.map((move) => [move.month, move.before, move.after, move.customers]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
      actions={
        months.length > 0 && (
          <Select
            label={words.month}
            value={month}
            onChange={setChosen}
            choices={months.map((value) => ({ value, label: monthOf(value) }))}
          />
        )
      }
    >
      <Answered result={result} isEmpty={() => moves.length === 0} empty={words.none}>
        {(answer) => <Matrix moves={moves} order={orderOf(answer)} />}
      </Answered>
    </Panel>
  )
}

/** Returns the segments as they are listed, whoever had not ordered yet first. */
function orderOf(answer: Segments): readonly string[] {
  return ['', ...answer.segments.map((segment) => segment.name)]
}

function Matrix({ moves, order }: { moves: readonly Move[]; order: readonly string[] }) {
  const counts = new Map(moves.map((move) => [`${move.before}|${move.after}`, move.customers]))
  const rows = order.filter((name) => moves.some((move) => move.before === name))
  const columns = order.filter((name) => moves.some((move) => move.after === name))
  const moved = moves.filter((move) => move.before && move.before !== move.after)
  // First orders are many times more than moves: each has its own scale.
  const most = largest(moved)
  const mostNew = largest(moves.filter((move) => move.before === ''))
  const [stayed, left] = [sum(moves.filter((move) => move.before === move.after)), sum(moved)]
  const came = sum(moves.filter((move) => move.before === ''))
  return (
    <div className="stack">
      <p className="soft">{words.sum(number(stayed), number(left), number(came))}</p>
      <div className="table-frame" tabIndex={0} role="group" aria-label={words.title}>
        <table className="table matrix">
          <caption className="unseen">{words.title}</caption>
          <thead>
            <tr>
              <th scope="col">{words.fromTo}</th>
              {columns.map((name) => (
                <th key={name} scope="col" className="number">
                  {nameOf(name)}
                </th>
              ))}
              <th scope="col" className="number">
                {words.stayed}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((before) => {
              const whole = sum(moves.filter((move) => move.before === before))
              const same = counts.get(`${before}|${before}`) ?? 0
              return (
                <tr key={before}>
                  <th scope="row">{nameOf(before)}</th>
                  {columns.map((after) => (
                    <Cell key={after} before={before} after={after} count={counts.get(`${before}|${after}`) ?? 0} most={before ? most : mostNew} />
                  ))}
                  <td className="number soft">{before ? share(whole ? same / whole : null) : ''}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </div>
  )
}

function Cell({ before, after, count, most }: { before: string; after: string; count: number; most: number }) {
  const isSame = before === after
  const heat = count && !isSame ? 6 + 34 * Math.min(1, count / most) : 0
  return (
    <td
      className="number"
      data-same={isSame}
      style={{ '--heat': `${heat}%` } as CSSProperties}
      title={count ? words.cell(number(count), nameOf(before), nameOf(after)) : undefined}
    >
      {count ? number(count) : <span aria-hidden="true">·</span>}
    </td>
  )
}

function nameOf(name: string): string {
  return name ? segmentTitle(name) : words.notYet
}

function largest(moves: readonly Move[]): number {
  return Math.max(1, ...moves.map((move) => move.customers))
}

function sum(moves: readonly Move[]): number {
  return moves.reduce((total, move) => total + move.customers, 0)
}
