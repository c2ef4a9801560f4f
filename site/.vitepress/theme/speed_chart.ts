// The chart of speed in the colors of the theme, which may differ from those that the system prefers.

import { withBase } from "vitepress";
import { type FunctionalComponent, h } from "vue";

/** The page has both images, since its theme is known in the browser only. */
export const SpeedChart: FunctionalComponent<{ alt: string }> = ({ alt }) =>
  ["light", "dark"].map((theme) =>
    h("img", { class: `speed ${theme}-only`, src: withBase(`/report/speed-${theme}.svg`), alt }),
  );
SpeedChart.props = ["alt"];
