/** One shopper or visitor: what they did, what they probably do, and what rests on what. */

import { PageFrame, type PanelEntry } from '../../app/PageFrame'
import { Unanswered } from '../../parts/States'
import { personTitle } from '../../parts/PersonName'
import { texts } from '../../texts'
import { Baskets } from './Baskets'
import { Belonging } from './Belonging'
import { Facts } from './Facts'
import { Intent } from './Intent'
import { PresencePill } from './PresencePill'
import { PersonProvider, usePerson } from './context'
import { ForThem } from './ForThem'
import { Timeline } from './Timeline'
import { Visits } from './Visits'
import { segmentTitle } from './reads'

const words = texts.shoppers.person

const PANELS: readonly PanelEntry[] = [
  { key: 'timeline', span: 7, content: Timeline },
  { key: 'beside', span: 5, content: Beside },
  { key: 'visits', span: 12, content: Visits },
]

export function Person({ asked }: { asked: string }) {
  return (
    <PersonProvider asked={asked}>
      <Shown />
    </PersonProvider>
  )
}

function Shown() {
  const { asked, result } = usePerson()
  const { data } = result
  const back = { href: '/', label: texts.shoppers.title }
  if (!data) {
    return (
      <PageFrame title={personTitle(asked)} back={back}>
        <Unanswered result={result} />
      </PageFrame>
    )
  }
  return (
    <PageFrame
      title={personTitle(data.person, data.account?.name)}
      back={back}
      intro={
        <span className="row">
          <PresencePill presence={data.presence} />
          {data.place && (
            <span className="pill" data-tone="accent">
              {segmentTitle(data.place.segment)}
            </span>
          )}
          {data.segments.map((segment) => (
            <span key={segment.segment_id} className="pill">
              {segment.name}
            </span>
          ))}
          {data.known?.is_erased && (
            <span className="pill" data-tone="bad">
              {words.erased}
            </span>
          )}
        </span>
      }
      panels={PANELS}
    />
  )
}

function Beside() {
  return (
    <div className="stack beside-panels">
      <Intent />
      <Baskets />
      <ForThem />
      <Belonging />
      <Facts />
    </div>
  )
}
