// How often broker and workers say that they are alive, and how long they believe it of each other. Milliseconds.

export const interval = 50;
export const patience = 3 * interval;
