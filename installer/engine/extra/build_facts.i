// What this library was compiled with. pjsua2 itself has no way to ask.
%{
#include <pj/ioqueue.h>
// configure tells its libraries only, not the wrapper: what is linked in is what there is. Where
// names can't be weak, a build without the part is not linked at all.
#if defined(__ELF__)
#define CTIDESK_PERHAPS __attribute__((weak))
#else
#define CTIDESK_PERHAPS
#endif
#if defined(_WIN32)
#define CTIDESK_SOUND_NAME "WMME"
#define CTIDESK_SOUND_FACTORY pjmedia_wmme_factory
#elif defined(__APPLE__)
#define CTIDESK_SOUND_NAME "CoreAudio"
#define CTIDESK_SOUND_FACTORY pjmedia_coreaudio_factory
#else
#define CTIDESK_SOUND_NAME "ALSA"
#define CTIDESK_SOUND_FACTORY pjmedia_alsa_factory
#endif
extern "C" CTIDESK_PERHAPS pjmedia_aud_dev_factory *CTIDESK_SOUND_FACTORY(pj_pool_factory *);
extern "C" CTIDESK_PERHAPS pj_status_t webrtc_aec3_create(
    pj_pool_t *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void **);

static const char *ctidesk_sound()
{
    return CTIDESK_SOUND_FACTORY != 0 ? CTIDESK_SOUND_NAME : "";
}

static const char *ctidesk_tls()
{
    switch (PJSIP_HAS_TLS_TRANSPORT ? PJ_SSL_SOCK_IMP : PJ_SSL_SOCK_IMP_NONE) {
    case PJ_SSL_SOCK_IMP_OPENSSL: return "OpenSSL";
    case PJ_SSL_SOCK_IMP_GNUTLS: return "GnuTLS";
    case PJ_SSL_SOCK_IMP_DARWIN: return "Secure Transport";
    case PJ_SSL_SOCK_IMP_APPLE: return "Network framework";
    case PJ_SSL_SOCK_IMP_SCHANNEL: return "Schannel";
    case PJ_SSL_SOCK_IMP_MBEDTLS: return "Mbed TLS";
    default: return "";
    }
}
%}
%constant int CTIDESK_MAX_CALLS = PJSUA_MAX_CALLS;
%constant int CTIDESK_MAX_PACKET = PJSIP_MAX_PKT_LEN;
%constant int CTIDESK_HANDLES = PJ_IOQUEUE_MAX_HANDLES;
%constant const char *CTIDESK_SOUND = ctidesk_sound();
%constant int CTIDESK_HAS_AEC3 = (webrtc_aec3_create != 0);
%constant const char *CTIDESK_TLS = ctidesk_tls();
%constant const char *CTIDESK_IOQUEUE = pj_ioqueue_name();
