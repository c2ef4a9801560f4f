// RAII for zmq_msg_t: the frame is closed on every path out of a scope. May be used on any thread.
#pragma once

#include <zmq.h>

#include <cstddef>

namespace zmq_native {

class Message {
 public:
  Message() { zmq_msg_init(&message_); }
  ~Message() { zmq_msg_close(&message_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  void* data() { return zmq_msg_data(&message_); }
  size_t size() { return zmq_msg_size(&message_); }
  bool more() { return zmq_msg_more(&message_) != 0; }
  /** Whether another message may refer to the same bytes, as when a publisher sends to several peers over inproc. */
  bool shared() { return zmq_msg_get(&message_, ZMQ_SHARED) != 0; }
  void moveFrom(Message& other) { zmq_msg_move(&message_, &other.message_); }
  /** Makes it empty. */
  void clear() {
    zmq_msg_close(&message_);
    zmq_msg_init(&message_);
  }
  /** Allocates `size` bytes. Returns false, and leaves an empty message, if memory runs out. */
  bool resize(size_t size) {
    zmq_msg_close(&message_);
    if (zmq_msg_init_size(&message_, size) == 0) return true;
    // After a failed zmq_msg_init_size, zmq_msg_close would crash.
    zmq_msg_init(&message_);
    return false;
  }
  /** Makes it one of memory that `release` frees, on any thread; false, and still an empty message, when memory runs
   * out. */
  bool adopt(void* memory, size_t size, zmq_free_fn* release, void* hint) {
    zmq_msg_close(&message_);
    if (zmq_msg_init_data(&message_, memory, size, release, hint) == 0) return true;
    zmq_msg_init(&message_);
    return false;
  }
  zmq_msg_t* get() { return &message_; }

 private:
  zmq_msg_t message_;
};

}  // namespace zmq_native
