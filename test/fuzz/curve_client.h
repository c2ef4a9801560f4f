// A client of CurveZMQ (rfc.zeromq.org/spec/26) that follows the protocol except for its contents. The fuzzer's bytes
// go into the boxes that only a valid client can make, so that they reach the code behind the handshake.
#pragma once

#include <poll.h>
#include <sodium.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>

class CurveClient {
 public:
  using Keys = struct {
    unsigned char publicKey[crypto_box_PUBLICKEYBYTES];
    unsigned char secretKey[crypto_box_SECRETKEYBYTES];
  };

  /** `wait` is called while an answer is awaited, so that the code that serves the other end can run. */
  CurveClient(const int fd, const unsigned char* serverKey, void (*wait)()) : fd_(fd), wait_(wait) {
    std::memcpy(server_, serverKey, sizeof server_);
    crypto_box_keypair(long_.publicKey, long_.secretKey);
    crypto_box_keypair(short_.publicKey, short_.secretKey);
  }

  /** Performs the handshake, with `metadata` in the INITIATE. False when the server disconnected. */
  bool greet(const std::string& metadata) {
    std::string greeting("\xff\0\0\0\0\0\0\0\0\x7f\3\1CURVE", 17);
    greeting.resize(64);
    if (!say(greeting) || !hear(64)) return false;

    std::string hello("\5HELLO\1\0", 8);
    hello += std::string(72, '\0') + text(short_.publicKey, 32) + shortNonce();
    hello += box(std::string(64, '\0'), "CurveZMQHELLO---" + shortNonce(), server_, short_.secretKey);
    if (!command(hello) || !hear(2 + 168)) return false;

    const std::string welcome = heard_.substr(2);
    std::string plain;
    if (!unbox(welcome.substr(24), "WELCOME-" + welcome.substr(8, 16), server_, &plain)) return false;
    std::memcpy(session_, plain.data(), 32);

    const std::string vouchNonce(16, 'v');
    const std::string vouch =
        box(text(short_.publicKey, 32) + text(server_, 32), "VOUCH---" + vouchNonce, session_, long_.secretKey);
    ++count_;
    std::string initiate = "\x08INITIATE" + plain.substr(32, 96) + shortNonce();
    initiate += box(text(long_.publicKey, 32) + vouchNonce + vouch + metadata, "CurveZMQINITIATE" + shortNonce(),
                    session_, short_.secretKey);
    return command(initiate);
  }

  /** Sends `content` in a MESSAGE. Its first byte holds the flags. */
  bool message(const std::string& content) {
    ++count_;
    const std::string nonce = "CurveZMQMESSAGEC" + shortNonce();
    return frame(0, "\7MESSAGE" + shortNonce() + box(content, nonce, session_, short_.secretKey));
  }

 private:
  static std::string text(const unsigned char* data, const size_t size) {
    return {reinterpret_cast<const char*>(data), size};
  }

  std::string shortNonce() const {
    std::string nonce(8, '\0');
    for (int i = 0; i < 8; ++i) nonce[static_cast<size_t>(7 - i)] = static_cast<char>(count_ >> (8 * i));
    return nonce;
  }

  static std::string box(const std::string& plain, const std::string& nonce, const unsigned char* to,
                         const unsigned char* from) {
    std::string boxed(plain.size() + crypto_box_MACBYTES, '\0');
    crypto_box_easy(reinterpret_cast<unsigned char*>(&boxed[0]), reinterpret_cast<const unsigned char*>(plain.data()),
                    plain.size(), reinterpret_cast<const unsigned char*>(nonce.data()), to, from);
    return boxed;
  }

  bool unbox(const std::string& boxed, const std::string& nonce, const unsigned char* from, std::string* plain) const {
    plain->resize(boxed.size() - crypto_box_MACBYTES);
    return crypto_box_open_easy(reinterpret_cast<unsigned char*>(&(*plain)[0]),
                                reinterpret_cast<const unsigned char*>(boxed.data()), boxed.size(),
                                reinterpret_cast<const unsigned char*>(nonce.data()), from, short_.secretKey) == 0;
  }

  bool command(const std::string& body) { return frame(4, body); }

  bool frame(const int flags, const std::string& body) {
    std::string whole;
    if (body.size() < 256) {
      whole = {static_cast<char>(flags), static_cast<char>(body.size())};
    } else {
      whole = std::string(1, static_cast<char>(flags | 2)) + std::string(4, '\0');
      for (int shift = 24; shift >= 0; shift -= 8) whole += static_cast<char>(body.size() >> shift);
    }
    return say(whole + body);
  }

  bool say(const std::string& data) {
    for (size_t sent = 0; sent < data.size();) {
      const ssize_t count = send(fd_, data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<size_t>(count);
    }
    return true;
  }

  bool hear(const size_t size) {
    heard_.clear();
    while (heard_.size() < size) {
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, 1) == 0) {
        wait_();
        continue;
      }
      char data[256];
      const size_t missing = size - heard_.size();
      const ssize_t count = recv(fd_, data, missing < sizeof data ? missing : sizeof data, 0);
      if (count <= 0) return false;
      heard_.append(data, static_cast<size_t>(count));
    }
    return true;
  }

  const int fd_;
  void (*const wait_)();
  unsigned char server_[32];
  unsigned char session_[32]{};
  Keys long_{};
  Keys short_{};
  uint64_t count_ = 1;
  std::string heard_;
};
