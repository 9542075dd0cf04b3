/** What stands below every page, above all that this is a demo. */

import { Link } from 'wouter'
import { texts } from '../texts'

export const Footer = () => (
  <footer className="footer">
    <div>
      <p>
        <strong>{texts.demo}</strong> {texts.footer.about}
      </p>
      <nav aria-label={texts.footer.label}>
        <Link href="/privacy">{texts.footer.privacy}</Link>
        <Link href="/orders">{texts.footer.orders}</Link>
        <a href="/" target="_blank" rel="noopener">
          {texts.footer.dashboard}
        </a>
      </nav>
    </div>
  </footer>
)
