/** What somebody else saved while a form was open, beside what stands in the form. */

import { NOTHING } from '../../format'
import { texts } from '../../texts'
import { type Values, changed, shown } from './values'

const words = texts.products.conflict

interface ConflictProps {
  base: Values
  mine: Values
  theirs: Values
  onTakeTheirs: () => void
}

export function Conflict({ base, mine, theirs, onTakeTheirs }: ConflictProps) {
  const ours = changed(base, mine)
  const others = changed(base, theirs)
  return (
    <div className="conflict" role="alert">
      <p>
        <strong>{words.title}</strong> {others.length ? words.text : words.nothing}
      </p>
      {others.length > 0 && (
        <div className="table-frame" tabIndex={0} role="group" aria-label={words.title}>
          <table className="table">
            <caption className="unseen">{words.title}</caption>
            <thead>
              <tr>
                <th scope="col">{words.field}</th>
                <th scope="col">{words.before}</th>
                <th scope="col">{words.theirs}</th>
                <th scope="col">{words.mine}</th>
              </tr>
            </thead>
            <tbody>
              {others.map((field) => (
                <tr key={field}>
                  <th scope="row">{texts.products.form.fields[field]}</th>
                  <td className="value">{shown(base, field) || NOTHING}</td>
                  <td className="value">
                    <strong>{shown(theirs, field) || NOTHING}</strong>
                  </td>
                  <td className="value">{ours.includes(field) ? shown(mine, field) || NOTHING : words.untouched}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p className="small">{words.choice}</p>
      <button type="button" className="button slim" onClick={onTakeTheirs}>
        {words.takeTheirs}
      </button>
    </div>
  )
}
