import { defineConfig } from 'vite'

/** `npm run dev` shows the sources before a running Footfall: its address, unless it is the usual one. */
const footfall = 'http://127.0.0.1:8080'

export default defineConfig({
  base: '/shop/',
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // React Query marks its modules for servers that render, which is nothing to a browser.
      onwarn: (warning, say) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || say(warning),
    },
  },
  server: {
    proxy: Object.fromEntries(['/v1', '/tracker.js', '/shop/config.json'].map(path => [path, footfall])),
  },
})
