// A pending operation, as the readiness of a socket sees it.

/** A pending operation. */
export interface Waiter {
  /** The name of the method, such as `receive()`, for the error of a second one. */
  readonly call?: string;
  /** An object that must not be garbage-collected while this operation is pending. */
  readonly holds?: object | undefined;
  /**
   * Retries the operation. Returns whether it is no longer pending. If it returns false, the last libzmq call of the
   * attempt must have been an EAGAIN.
   */
  retry(): boolean;
  /** Called when the socket is closed. Tries once more, then gives up. */
  close(): void;
}
