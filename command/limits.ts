/** The longest time that Node's timers can wait, in milliseconds. */
export const longest = 2 ** 31 - 1;
