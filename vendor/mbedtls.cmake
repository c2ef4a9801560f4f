# Mbed TLS from its plain source list, with the configuration in vendor/tls/config.h, and the TLS session of wss:// on top.
set(MBEDTLS_ROOT ${VENDOR_SOURCES}/mbedtls)
set(TLS_ROOT ${CMAKE_CURRENT_SOURCE_DIR}/tls)

set(MBEDTLS_FILES)
foreach(file
    aes aesce aesni asn1parse asn1write base64 bignum bignum_core chacha20 cipher cipher_wrap constant_time ecdh ecdsa
    ecp ecp_curves gcm hkdf md oid pem pk pk_ecc pk_wrap pkparse platform platform_util poly1305 psa_crypto
    psa_crypto_aead psa_crypto_cipher psa_crypto_client psa_crypto_driver_wrappers_no_static psa_crypto_ecp
    psa_crypto_hash psa_crypto_mac psa_crypto_rsa psa_crypto_slot_management psa_util rsa rsa_alt_helpers sha256 sha512
    ssl_ciphersuites ssl_client ssl_msg ssl_tls ssl_tls12_client ssl_tls12_server ssl_tls13_client ssl_tls13_generic
    ssl_tls13_keys ssl_tls13_server threading x509 x509_crt)
  list(APPEND MBEDTLS_FILES ${MBEDTLS_ROOT}/library/${file}.c)
endforeach()
add_library(tls STATIC ${MBEDTLS_FILES} tls/authorities.cpp tls/chachapoly.c tls/tls.cpp)
target_include_directories(tls PRIVATE
  ${TLS_ROOT} ${MBEDTLS_ROOT}/include ${MBEDTLS_ROOT}/library ${SODIUM_ROOT}/include/sodium)
target_compile_definitions(tls PRIVATE MBEDTLS_CONFIG_FILE="config.h")
target_link_libraries(tls PRIVATE sodium)
set_target_properties(tls PROPERTIES C_STANDARD 99 C_EXTENSIONS ON)
if(WIN32)
  target_link_libraries(tls PRIVATE bcrypt crypt32 ws2_32)
endif()
