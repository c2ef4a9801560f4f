// The settings of publisher and subscribers, and the messages that they send to the main program.

export interface Settings {
  endpoint: string;
  /** The publisher's limit, in kilobits per second. */
  rate: number;
  /** How long a lost packet can be requested again, in milliseconds. */
  recoveryInterval: number;
  /** Quotes per second. */
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
  /** The longest delay of a quote since the previous status, in milliseconds. */
  delay: number;
}

/** The settings from the main program. */
export const settings = JSON.parse(process.argv[2] ?? "{}") as Settings;

export function tell(status: PublisherStatus | SubscriberStatus | "ready"): Promise<void> {
  return new Promise((resolve) => process.send?.(status, () => resolve()));
}
