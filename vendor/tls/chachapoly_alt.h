/* The state of ChaCha20-Poly1305 in chachapoly.c. */
#ifndef ZMQ_NATIVE_CHACHAPOLY_ALT_H
#define ZMQ_NATIVE_CHACHAPOLY_ALT_H

typedef struct mbedtls_chachapoly_context {
    unsigned char key[32];
} mbedtls_chachapoly_context;

#endif
