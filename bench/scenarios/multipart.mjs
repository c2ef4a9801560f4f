import { libraries, nodeEnds, patternEnds, stream } from "../ends.mjs";

const flow = { size: 64, frames: 3 };

export default {
  name: "multipart",
  title: "Messages of three frames",
  figure: "rate",
  unit: "messages/s",
  about: "Three frames of 64 bytes, both ends with the same library, over tcp. Higher is better.",
  cases: [
    {
      name: "3 × 64 B",
      contenders: [
        stream("C", patternEnds, patternEnds, flow),
        stream(
          "ours, by message",
          nodeEnds(libraries.ours, "message"),
          nodeEnds(libraries.ours, "message"),
          flow,
        ),
        stream("ours, by batch", nodeEnds(libraries.ours, "batch"), nodeEnds(libraries.ours, "batch"), flow),
        stream(
          "zeromq",
          nodeEnds(libraries.zeromq, "message"),
          nodeEnds(libraries.zeromq, "message"),
          flow,
          6,
        ),
      ],
    },
  ],
};
