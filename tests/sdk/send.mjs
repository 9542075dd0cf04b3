// Sends the story on standard input through one of the server SDKs, as a shop would:
//   node send.mjs segment|rudderstack ENDPOINT WRITE_KEY VISITOR SHOPPER
import { readFileSync } from 'node:fs';

const [sdk, endpoint, writeKey, anonymousId, shopper] = process.argv.slice(2);
const steps = JSON.parse(readFileSync(0, 'utf8'));

async function client() {
  if (sdk === 'segment') {
    const { Analytics } = await import('@segment/analytics-node');
    const analytics = new Analytics({ writeKey, host: endpoint, flushAt: 5, maxRetries: 20 });
    analytics.on('error', (error) => console.error(error));
    return { analytics, close: () => analytics.closeAndFlush({ timeout: 60_000 }) };
  }
  const { default: Analytics } = await import('@rudderstack/rudder-sdk-node');
  const analytics = new Analytics(writeKey, { dataPlaneUrl: endpoint, flushAt: 5, flushInterval: 200 });
  return { analytics, close: () => analytics.flush() };
}

const { analytics, close } = await client();
let userId;
for (const step of steps) {
  if (step.call === 'identify') userId = shopper;
  const { call, ...rest } = step;
  analytics[call]({ anonymousId, ...(userId ? { userId } : {}), ...rest });
}
await close();
