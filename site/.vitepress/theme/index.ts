// The default theme, with diagrams and the chart of speed.

import DefaultTheme from "vitepress/theme";
import Diagram from "./Diagram.vue";
import { SpeedChart } from "./speed_chart.js";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component("Diagram", Diagram);
    app.component("SpeedChart", SpeedChart);
  },
};
