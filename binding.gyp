# CMake is the one build graph; this target only hands over to it, so that node-gyp and prebuildify work.
{
  "targets": [
    {
      "target_name": "zmq_native",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "message": "Building with CMake",
          "inputs": ["CMakeLists.txt", "scripts/build.mjs", "vendor/versions.json"],
          "outputs": ["<(PRODUCT_DIR)/zmq_native.node"],
          "action": ["node", "scripts/build.mjs"]
        }
      ]
    }
  ]
}
