/* The mutex of Mbed TLS: one of C++, which tls.cpp makes. */
#ifndef ZMQ_NATIVE_THREADING_ALT_H
#define ZMQ_NATIVE_THREADING_ALT_H

typedef struct mbedtls_threading_mutex_t {
    void *mutex;
} mbedtls_threading_mutex_t;

#endif
