//  The certificate authorities that the system trusts.
#ifndef ZMQ_NATIVE_AUTHORITIES_HPP
#define ZMQ_NATIVE_AUTHORITIES_HPP

#include <mbedtls/x509_crt.h>

namespace zmq
{
//  Adds the system's authorities to a list. Returns false if there are none.
bool add_system_authorities (mbedtls_x509_crt *to_);
}

#endif
