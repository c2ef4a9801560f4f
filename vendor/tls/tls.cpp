//  TLS for wss, by Mbed TLS.
#include "tls.hpp"

#include <errno.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/threading.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <sodium.h>
#include <string.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

#include "authorities.hpp"

namespace
{
//  The largest record, with its header and what encryption adds, is 16 KiB and
//  some more. More of them in one call of the system.
const size_t input_size = 64 * 1024;
const size_t output_batch = 64 * 1024;
//  What encryption adds to it, at most.
const size_t records_overhead = 1024;
//  One large message must not keep an I/O thread from its other connections.
const size_t largest_write = 1024 * 1024;
//  What a peer that does not read may cause: answers to its own messages.
const size_t largest_output = 256 * 1024;
const size_t kept_output = 8 * 1024;

void init_mutex (mbedtls_threading_mutex_t *mutex_)
{
    mutex_->mutex = new (std::nothrow) std::mutex;
}

void free_mutex (mbedtls_threading_mutex_t *mutex_)
{
    delete static_cast<std::mutex *> (mutex_->mutex);
    mutex_->mutex = NULL;
}

int lock_mutex (mbedtls_threading_mutex_t *mutex_)
{
    if (mutex_->mutex == NULL)
        return MBEDTLS_ERR_THREADING_BAD_INPUT_DATA;
    static_cast<std::mutex *> (mutex_->mutex)->lock ();
    return 0;
}

int unlock_mutex (mbedtls_threading_mutex_t *mutex_)
{
    if (mutex_->mutex == NULL)
        return MBEDTLS_ERR_THREADING_BAD_INPUT_DATA;
    static_cast<std::mutex *> (mutex_->mutex)->unlock ();
    return 0;
}

int random_bytes (void *, unsigned char *to_, size_t size_)
{
    randombytes_buf (to_, size_);
    return 0;
}

//  Prepares both libraries, once in the process. Returns false if that failed.
bool prepare ()
{
    static const bool prepared = [] {
        if (sodium_init () < 0)
            return false;
        mbedtls_threading_set_alt (init_mutex, free_mutex, lock_mutex,
                                   unlock_mutex);
        return psa_crypto_init () == PSA_SUCCESS;
    }();
    return prepared;
}

//  The parsers want the zero that ends a text.
int parse_certificates (mbedtls_x509_crt *to_, const std::string &pem_)
{
    return mbedtls_x509_crt_parse (
      to_, reinterpret_cast<const unsigned char *> (pem_.c_str ()),
      pem_.size () + 1);
}

int parse_key (mbedtls_pk_context *to_, const std::string &pem_)
{
    return mbedtls_pk_parse_key (
      to_, reinterpret_cast<const unsigned char *> (pem_.c_str ()),
      pem_.size () + 1, NULL, 0, random_bytes, NULL);
}

struct certificate_list_t
{
    certificate_list_t () { mbedtls_x509_crt_init (&first); }
    ~certificate_list_t () { mbedtls_x509_crt_free (&first); }
    mbedtls_x509_crt first;
};

struct private_key_t
{
    private_key_t () { mbedtls_pk_init (&key); }
    ~private_key_t () { mbedtls_pk_free (&key); }
    mbedtls_pk_context key;
};

//  In the order of preference. libsodium's ChaCha20-Poly1305 is five times as
//  fast as the AES of Mbed TLS, also where the processor has instructions for
//  AES: 1100 and 200 MB/s.
const int ciphers[] = {MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
                       MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                       MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
                       MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                       MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
                       MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                       MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                       MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                       MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                       0};

//  Whether a certificate is for an IP address.
bool has_address (const mbedtls_x509_crt &certificate_,
                  const unsigned char *address_,
                  size_t size_)
{
    const int tag =
      MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_IP_ADDRESS;
    for (const mbedtls_x509_sequence *name = &certificate_.subject_alt_names;
         name != NULL; name = name->next)
        if (name->buf.tag == tag && name->buf.len == size_
            && memcmp (name->buf.p, address_, size_) == 0)
            return true;
    return false;
}

zmq::tls_failure_t failure_of_certificate (uint32_t flags_)
{
    if (flags_ & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        return zmq::tls_untrusted;
    if (flags_ & MBEDTLS_X509_BADCERT_EXPIRED)
        return zmq::tls_expired;
    if (flags_ & MBEDTLS_X509_BADCERT_FUTURE)
        return zmq::tls_not_yet_valid;
    if (flags_ & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        return zmq::tls_wrong_name;
    return zmq::tls_unsuitable;
}

zmq::tls_failure_t failure_of_alert (unsigned char alert_)
{
    switch (alert_) {
        case MBEDTLS_SSL_ALERT_MSG_NO_CERT:
        case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
        case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
        case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED:
        case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
        case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN:
        case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
            return zmq::tls_refused;
        case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
        case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
        case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY:
            return zmq::tls_unsupported;
        default:
            return zmq::tls_unspecified;
    }
}
}

//  TLS 1.3 of Mbed TLS asks this function.
extern "C" psa_status_t
mbedtls_psa_external_get_random (mbedtls_psa_external_random_context_t *,
                                 uint8_t *to_,
                                 size_t size_,
                                 size_t *length_)
{
    randombytes_buf (to_, size_);
    *length_ = size_;
    return PSA_SUCCESS;
}

class zmq::tls_context_t
{
  public:
    explicit tls_context_t (int endpoint_)
    {
        mbedtls_ssl_config_init (&config);
        usable = mbedtls_ssl_config_defaults (&config, endpoint_,
                                              MBEDTLS_SSL_TRANSPORT_STREAM,
                                              MBEDTLS_SSL_PRESET_DEFAULT)
                 == 0;
        mbedtls_ssl_conf_rng (&config, random_bytes, NULL);
        mbedtls_ssl_conf_ciphersuites (&config, ciphers);
    }
    ~tls_context_t () { mbedtls_ssl_config_free (&config); }

    bool usable;
    mbedtls_ssl_config config;
    certificate_list_t certificates;
    private_key_t key;
};

bool zmq::tls_is_certificate (const std::string &pem_)
{
    if (!prepare ())
        return false;
    certificate_list_t certificates;
    return parse_certificates (&certificates.first, pem_) == 0;
}

bool zmq::tls_is_key (const std::string &pem_)
{
    if (!prepare ())
        return false;
    private_key_t key;
    return parse_key (&key.key, pem_) == 0;
}

std::shared_ptr<const zmq::tls_context_t>
zmq::tls_server (const std::string &certificates_, const std::string &key_)
{
    std::shared_ptr<const tls_context_t> none;
    if (!prepare ())
        return none;
    std::shared_ptr<tls_context_t> context =
      std::make_shared<tls_context_t> (MBEDTLS_SSL_IS_SERVER);
    mbedtls_x509_crt *const first = &context->certificates.first;
    mbedtls_pk_context *const key = &context->key.key;
    if (!context->usable || parse_certificates (first, certificates_) != 0
        || parse_key (key, key_) != 0
        || mbedtls_pk_check_pair (&first->pk, key, random_bytes, NULL) != 0
        || mbedtls_ssl_conf_own_cert (&context->config, first, key) != 0)
        return none;
    return context;
}

std::shared_ptr<const zmq::tls_context_t>
zmq::tls_client (const std::string &trusted_, bool system_)
{
    std::shared_ptr<const tls_context_t> none;
    if (!prepare ())
        return none;
    std::shared_ptr<tls_context_t> context =
      std::make_shared<tls_context_t> (MBEDTLS_SSL_IS_CLIENT);
    mbedtls_x509_crt *const first = &context->certificates.first;
    if (!context->usable
        //  One of several may be of a kind that is not supported.
        || (!trusted_.empty () && parse_certificates (first, trusted_) < 0)
        || (system_ && !add_system_authorities (first)))
        return none;
    mbedtls_ssl_conf_ca_chain (&context->config, first, NULL);
    return context;
}

struct zmq::tls_session_t::state_t
{
    state_t (std::shared_ptr<const tls_context_t> context_,
             tls_transport_t &transport_) :
        context (std::move (context_)), transport (transport_)
    {
        mbedtls_ssl_init (&ssl);
    }
    ~state_t () { mbedtls_ssl_free (&ssl); }

    static int receive (void *self_, unsigned char *to_, size_t size_);
    static int send (void *self_, const unsigned char *from_, size_t size_);
    static int
    verify (void *self_, mbedtls_x509_crt *crt_, int depth_, uint32_t *flags_);

    //  Returns false, with an errno, if the connection is broken.
    bool flush ();
    //  The errno of a failed read or write.
    int error_of (int rc_) const;
    //  What has failed in a handshake.
    tls_failure_t failure_of (int rc_) const;

    const std::shared_ptr<const tls_context_t> context;
    tls_transport_t &transport;
    mbedtls_ssl_context ssl;
    bool usable = false;
    //  An IP address that the server's certificate must be for.
    unsigned char address[16];
    size_t address_size = 0;

    //  Received, not yet decrypted. Has memory only while it holds something.
    std::unique_ptr<unsigned char[]> input;
    size_t input_used = 0;
    size_t input_end = 0;
    //  The poller reports what is left in the system's buffer: one call of the
    //  system for each of its reports is fair to other connections.
    bool may_receive = false;

    //  Encrypted, not yet sent.
    std::vector<unsigned char> output;
    size_t output_used = 0;
    //  Bytes that are encrypted, and were not yet reported as written.
    size_t encrypted = 0;

    //  Of the transport.
    int transport_errno = 0;
    //  Of a read that had returned bytes first.
    int read_errno = 0;
    bool ended = false;
    tls_failure_t failure = tls_unspecified;
};

int zmq::tls_session_t::state_t::receive (void *self_,
                                          unsigned char *to_,
                                          size_t size_)
{
    state_t &self = *static_cast<state_t *> (self_);
    if (!self.input) {
        if (!self.may_receive)
            return MBEDTLS_ERR_SSL_WANT_READ;
        self.may_receive = false;
        std::unique_ptr<unsigned char[]> input (
          new (std::nothrow) unsigned char[input_size]);
        if (!input)
            return MBEDTLS_ERR_SSL_ALLOC_FAILED;
        const int rc = self.transport.tls_receive (input.get (), input_size);
        if (rc == 0)
            return 0;
        if (rc < 0) {
            if (errno == EAGAIN || errno == EINTR)
                return MBEDTLS_ERR_SSL_WANT_READ;
            self.transport_errno = errno;
            return MBEDTLS_ERR_NET_RECV_FAILED;
        }
        self.input = std::move (input);
        self.input_used = 0;
        self.input_end = rc;
    }
    const size_t n = std::min (size_, self.input_end - self.input_used);
    memcpy (to_, &self.input[self.input_used], n);
    self.input_used += n;
    if (self.input_used == self.input_end)
        self.input.reset ();
    return static_cast<int> (n);
}

int zmq::tls_session_t::state_t::send (void *self_,
                                       const unsigned char *from_,
                                       size_t size_)
{
    state_t &self = *static_cast<state_t *> (self_);
    //  A peer that reads slowly may keep it from ever being empty.
    if (self.output_used > kept_output
        && self.output_used >= self.output.size () / 2) {
        self.output.erase (self.output.begin (),
                           self.output.begin () + self.output_used);
        self.output_used = 0;
    }
    if (self.output.size () - self.output_used + size_ > largest_output) {
        self.transport_errno = ENOBUFS;
        return MBEDTLS_ERR_NET_SEND_FAILED;
    }
    self.output.insert (self.output.end (), from_, from_ + size_);
    return static_cast<int> (size_);
}

int zmq::tls_session_t::state_t::verify (void *self_,
                                         mbedtls_x509_crt *crt_,
                                         int depth_,
                                         uint32_t *flags_)
{
    const state_t &self = *static_cast<const state_t *> (self_);
    if (depth_ == 0 && self.address_size > 0
        && !has_address (*crt_, self.address, self.address_size))
        *flags_ |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}

bool zmq::tls_session_t::state_t::flush ()
{
    while (output_used < output.size ()) {
        const int rc = transport.tls_send (&output[output_used],
                                           output.size () - output_used);
        if (rc < 0) {
            transport_errno = errno;
            return false;
        }
        if (rc == 0)
            return true;
        output_used += rc;
    }
    output.clear ();
    output_used = 0;
    //  Most connections are idle most of the time.
    if (output.capacity () > kept_output)
        std::vector<unsigned char> ().swap (output);
    return true;
}

int zmq::tls_session_t::state_t::error_of (int rc_) const
{
    switch (rc_) {
        case 0:
        case MBEDTLS_ERR_SSL_CONN_EOF:
        case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
            return EPIPE;
        case MBEDTLS_ERR_NET_RECV_FAILED:
        case MBEDTLS_ERR_NET_SEND_FAILED:
            return transport_errno;
        case MBEDTLS_ERR_SSL_ALLOC_FAILED:
            return ENOMEM;
        default:
            return EPROTO;
    }
}

zmq::tls_failure_t zmq::tls_session_t::state_t::failure_of (int rc_) const
{
    //  A client that refuses our certificate by TLS 1.3 may say so before it
    //  encrypts. Mbed TLS does both.
    const unsigned char *const record = ssl.MBEDTLS_PRIVATE (in_hdr);
    const bool is_alert = record != NULL && record[0] == MBEDTLS_SSL_MSG_ALERT
                          && record[3] == 0 && record[4] == 2;
    switch (rc_) {
        case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
            return failure_of_certificate (
              mbedtls_ssl_get_verify_result (&ssl));
        case MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED:
            return tls_untrusted;
        case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
            return failure_of_alert (ssl.MBEDTLS_PRIVATE (in_msg)[1]);
        case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
        case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
        case MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION:
            return tls_unsupported;
        case MBEDTLS_ERR_SSL_INVALID_RECORD:
        case MBEDTLS_ERR_SSL_INVALID_MAC:
        case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
        case MBEDTLS_ERR_SSL_UNEXPECTED_RECORD:
        case MBEDTLS_ERR_SSL_DECODE_ERROR:
        case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
            return is_alert ? failure_of_alert (record[6]) : tls_malformed;
        default:
            return tls_unspecified;
    }
}

zmq::tls_session_t::tls_session_t (
  std::shared_ptr<const tls_context_t> context_,
  const std::string &host_,
  tls_transport_t &transport_) :
    _state (new state_t (std::move (context_), transport_))
{
    state_t &state = *_state;
    if (!state.context
        || mbedtls_ssl_setup (&state.ssl, &state.context->config) != 0)
        return;
    mbedtls_ssl_set_bio (&state.ssl, &state, state_t::send, state_t::receive,
                         NULL);
    //  The name in a request is never an address (RFC 6066).
    state.address_size = mbedtls_x509_crt_parse_cn_inet_pton (
      host_.c_str (), state.address);
    if (state.address_size > 0)
        mbedtls_ssl_set_verify (&state.ssl, state_t::verify, &state);
    state.usable =
      mbedtls_ssl_set_hostname (
        &state.ssl, host_.empty () || state.address_size > 0 ? NULL
                                                             : host_.c_str ())
      == 0;
}

zmq::tls_session_t::~tls_session_t ()
{
    state_t &state = *_state;
    if (state.usable && !state.ended
        && mbedtls_ssl_is_handshake_over (&state.ssl) && !has_output ())
        mbedtls_ssl_close_notify (&state.ssl);
    //  Also an alert that has not been sent.
    if (state.transport_errno == 0)
        state.flush ();
}

zmq::tls_session_t::progress_t zmq::tls_session_t::handshake ()
{
    state_t &state = *_state;
    if (!state.usable)
        return failed;
    state.may_receive = !state.input;
    const int rc = mbedtls_ssl_handshake (&state.ssl);
    const bool flushed = state.flush ();
    if (rc == 0 || rc == MBEDTLS_ERR_SSL_WANT_READ
        || rc == MBEDTLS_ERR_SSL_WANT_WRITE) {
        if (!flushed) {
            errno = state.transport_errno;
            return broken;
        }
        return rc == 0 && !has_output () ? done : waits;
    }
    state.ended = true;
    const int err = state.error_of (rc);
    if (err != EPROTO) {
        errno = err;
        return broken;
    }
    state.failure = state.failure_of (rc);
    return failed;
}

zmq::tls_failure_t zmq::tls_session_t::failure () const
{
    return _state->failure;
}

int zmq::tls_session_t::read (void *data_, size_t size_)
{
    state_t &state = *_state;
    if (state.read_errno != 0) {
        errno = state.read_errno;
        return -1;
    }
    state.may_receive = !has_input ();
    unsigned char *const to = static_cast<unsigned char *> (data_);
    size_t n = 0;
    while (n < size_) {
        const int rc = mbedtls_ssl_read (&state.ssl, to + n, size_ - n);
        if (rc > 0) {
            n += rc;
            continue;
        }
        if (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE) {
            if (!state.input)
                break;
            continue;
        }
        state.ended = true;
        state.read_errno = state.error_of (rc);
        break;
    }
    //  An alert, or the answer to a renegotiation.
    if (has_output () && state.encrypted == 0)
        state.flush ();
    if (n > 0)
        return static_cast<int> (n);
    errno = state.read_errno != 0 ? state.read_errno : EAGAIN;
    return -1;
}

int zmq::tls_session_t::write (const void *data_, size_t size_)
{
    state_t &state = *_state;
    const unsigned char *const from = static_cast<const unsigned char *> (data_);
    size_t written = 0;
    if (state.ended) {
        errno = EPIPE;
        return -1;
    }
    for (;;) {
        if (!state.flush ()) {
            errno = state.transport_errno;
            return -1;
        }
        if (has_output ())
            break;
        written += state.encrypted;
        state.encrypted = 0;
        const size_t end = std::min (size_, written + output_batch);
        if (written >= end || written >= largest_write)
            break;
        state.output.reserve (end - written + records_overhead);
        while (written + state.encrypted < end) {
            const size_t done = written + state.encrypted;
            const int rc = mbedtls_ssl_write (&state.ssl, from + done, end - done);
            if (rc <= 0) {
                errno = state.error_of (rc == 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : rc);
                return -1;
            }
            state.encrypted += rc;
        }
    }
    return static_cast<int> (written);
}

bool zmq::tls_session_t::has_input () const
{
    return _state->input || _state->read_errno != 0
           || mbedtls_ssl_get_bytes_avail (&_state->ssl) > 0;
}

bool zmq::tls_session_t::has_output () const
{
    return !_state->output.empty ();
}
