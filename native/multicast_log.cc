// Keeps the log of OpenPGM until JavaScript reads it. By default OpenPGM writes it to standard output, from any of
// libzmq's threads.

#include "arguments.h"
#include "exports.h"

#ifdef ZMQ_NATIVE_MULTICAST
#include <pgm/messages.h>

#include <cstdio>
#include <deque>
#include <mutex>
#else
#include <vector>
#endif

namespace zmq_native {
namespace {

#ifdef ZMQ_NATIVE_MULTICAST

constexpr size_t kMaxLines = 200;

struct Log {
  std::mutex mutex;
  std::deque<std::string> lines;
};

// Never destroyed, since libzmq's threads may outlive static destructors.
Log& log() {
  static auto* instance = new Log;
  return *instance;
}

// Called on any thread. Keeps only the newest lines if nobody reads them.
void keepLine(const int level, const char* line, void*) {
  // OpenPGM aborts right after this message.
  if (level >= PGM_LOG_LEVEL_FATAL) std::fprintf(stderr, "OpenPGM: %s\n", line);
  Log& kept = log();
  const std::lock_guard<std::mutex> lock(kept.mutex);
  if (kept.lines.size() == kMaxLines) kept.lines.pop_front();
  kept.lines.emplace_back(line);
}

std::deque<std::string> takeLines() {
  Log& kept = log();
  const std::lock_guard<std::mutex> lock(kept.mutex);
  return std::exchange(kept.lines, {});
}

#else

std::vector<std::string> takeLines() { return {}; }

#endif

// takeMulticastLog() -> lines "level: text" since the last call
Napi::Value takeMulticastLog(const Napi::CallbackInfo& info) {
  return {info.Env(), stringArray(info.Env(), takeLines())};
}

}  // namespace

void exportMulticastLog(Exports& exports) {
#ifdef ZMQ_NATIVE_MULTICAST
  static const auto previous = pgm_log_set_handler(keepLine, nullptr);
  static_cast<void>(previous);
#endif
  exports.add<takeMulticastLog>("takeMulticastLog");
}

}  // namespace zmq_native
