// What both ends of the feed must agree on, and what they tell the main program.

export interface Settings {
  endpoint: string;
  /** Kilobits a second that the publisher may send. */
  rate: number;
  /** Milliseconds that a lost packet can be asked for again. */
  recoveryInterval: number;
  /** Quotes a second. */
  quotes: number;
  seconds: number;
}

export interface PublisherStatus {
  sent: number;
  price: number;
}

export interface SubscriberStatus {
  received: number;
  gaps: number;
  missing: number;
  /** Milliseconds from the quote to its reader, of the slowest since the status before. */
  delay: number;
}

/** What the main program gave this process to do. */
export const settings = JSON.parse(process.argv[2] ?? "{}") as Settings;

export function tell(status: PublisherStatus | SubscriberStatus | "ready"): Promise<void> {
  return new Promise((resolve) => process.send?.(status, () => resolve()));
}
