//  TLS for wss, by Mbed TLS. libzmq's part is in the patch ws/wss-mbedtls.
#ifndef ZMQ_NATIVE_TLS_HPP
#define ZMQ_NATIVE_TLS_HPP

#include <stddef.h>

#include <memory>
#include <string>

namespace zmq
{
//  Why a handshake has failed. The numbers are those of the constants
//  ZMQ_PROTOCOL_ERROR_TLS_... in zmq.h.
enum tls_failure_t
{
    tls_unspecified = 0x40000000,
    //  The peer does not speak TLS, or not correctly.
    tls_malformed = 0x40000001,
    //  No version, cipher, group or signature algorithm is common to both.
    tls_unsupported = 0x40000002,
    //  The server's certificate.
    tls_untrusted = 0x40000003,
    tls_expired = 0x40000004,
    tls_not_yet_valid = 0x40000005,
    tls_wrong_name = 0x40000006,
    tls_unsuitable = 0x40000007,
    //  The peer has refused our certificate.
    tls_refused = 0x40000008
};

//  What sessions of one endpoint have in common. Does not change, so that any
//  number of I/O threads may use it.
class tls_context_t;

//  Whether a text is usable as an option.
bool tls_is_certificate (const std::string &pem_);
bool tls_is_key (const std::string &pem_);

//  Returns nothing if the key does not belong to the first certificate.
std::shared_ptr<const tls_context_t>
tls_server (const std::string &certificates_, const std::string &key_);

//  Trusts the given authorities and, with system_, those of the system.
//  Returns nothing if a given one cannot be read, or if the system has none.
std::shared_ptr<const tls_context_t> tls_client (const std::string &trusted_,
                                                 bool system_);

//  Carries the bytes of a session: a connection that does not block.
class tls_transport_t
{
  public:
    virtual ~tls_transport_t () {}
    //  Returns the number of bytes, 0 at the end of the connection, or -1 with
    //  an errno, which is EAGAIN while there are none.
    virtual int tls_receive (void *data_, size_t size_) = 0;
    //  Returns the number of bytes, 0 while none fits, or -1 with an errno.
    virtual int tls_send (const void *data_, size_t size_) = 0;
};

class tls_session_t
{
  public:
    //  The transport must outlive the session. The host is a name or an IP
    //  address that the server's certificate must have.
    tls_session_t (std::shared_ptr<const tls_context_t> context_,
                   const std::string &host_,
                   tls_transport_t &transport_);
    //  Tells the peer, as far as the system takes it at once.
    ~tls_session_t ();

    enum progress_t
    {
        done,
        //  Something must arrive first or, where has_output(), be sent.
        waits,
        //  With an errno: EPIPE if the peer has closed the connection.
        broken,
        //  TLS itself has failed, see failure().
        failed
    };
    progress_t handshake ();
    tls_failure_t failure () const;

    //  As read and write of an engine. A write that returned less than the
    //  size must be repeated with the rest.
    int read (void *data_, size_t size_);
    int write (const void *data_, size_t size_);

    //  Whether read has more that the system no longer reports.
    bool has_input () const;
    //  Whether something waits until the system takes it.
    bool has_output () const;

    tls_session_t (const tls_session_t &) = delete;
    tls_session_t &operator= (const tls_session_t &) = delete;

  private:
    struct state_t;
    std::unique_ptr<state_t> _state;
};
}

#endif
