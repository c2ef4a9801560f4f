//  The certificate authorities that the system trusts: on Windows, the store of
//  root certificates; elsewhere, a file.
#include "authorities.hpp"

#ifdef _WIN32
#include <windows.h>

#include <wincrypt.h>

bool zmq::add_system_authorities (mbedtls_x509_crt *to_)
{
    const HCERTSTORE store = CertOpenSystemStoreW (0, L"ROOT");
    if (store == NULL)
        return false;
    bool found = false;
    PCCERT_CONTEXT certificate = NULL;
    //  The call frees the last one.
    while ((certificate = CertEnumCertificatesInStore (store, certificate))
           != NULL)
        if (mbedtls_x509_crt_parse_der (to_, certificate->pbCertEncoded,
                                        certificate->cbCertEncoded)
            == 0)
            found = true;
    CertCloseStore (store, 0);
    return found;
}
#else
#include <stdio.h>
#include <stdlib.h>

#include <string>

static bool add_file (mbedtls_x509_crt *to_, const char *path_)
{
    FILE *const file = fopen (path_, "rb");
    if (file == NULL)
        return false;
    std::string text;
    char part[16384];
    size_t n;
    while ((n = fread (part, 1, sizeof part, file)) > 0)
        text.append (part, n);
    fclose (file);
    //  A bundle may have certificates of kinds that are not supported: the
    //  others count.
    const unsigned char *const bytes =
      reinterpret_cast<const unsigned char *> (text.c_str ());
    return mbedtls_x509_crt_parse (to_, bytes, text.size () + 1) >= 0
           && to_->version != 0;
}

bool zmq::add_system_authorities (mbedtls_x509_crt *to_)
{
    //  As in OpenSSL, a variable names another file.
    const char *const given = getenv ("SSL_CERT_FILE");
    if (given != NULL && *given != '\0')
        return add_file (to_, given);
    const char *const paths[] = {
      "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine, Arch
      "/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL
      "/etc/ssl/ca-bundle.pem",             // openSUSE
      "/etc/ssl/cert.pem",                  // macOS, BSD, Alpine
    };
    for (const char *path : paths)
        if (add_file (to_, path))
            return true;
    return false;
}
#endif
